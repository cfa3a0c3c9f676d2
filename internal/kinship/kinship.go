// Package kinship tells from a relationship to a person whether somebody may be a child. Adult social care names nobody
// who may be a child and whose age is unknown (docs/decisions/0010-readings-of-the-contract.md). SQL sources use the
// pattern and the codes; the second check in Go uses the functions.
package kinship

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// words matches the words for somebody's child or sibling, and for young people.
const words = `((great|grand|step|foster|god)[- ]?)*(child|children|kids?|sons?|daughters?)|((half|step)[- ]?)?(brothers?|sisters?|siblings?)|` +
	`nephews?|nieces?|bab(y|ies)|infants?|(school[- ]?)?(boys?|girls?)|school[- ]?(child|children|kids?)|newborns?|toddlers?|teens?|teenagers?|adolescents?|juveniles?|minors?|` +
	`^youths?$|lads?|lass(es)?|twins?|triplets?|offspring|((great|grand|step|foster)[- ]?)*(dau|dtr)|` +
	`depend[ae]nts?|young[- ](carers?|persons?|people)`

// Pattern matches these words with PostgreSQL's ~* operator, in a text whose Gaps are replaced by spaces.
const Pattern = `\m(` + words + `)\M`

// Gaps are the characters that separate words in a code, besides those that do so in a text.
const Gaps = "_0123456789"

var said = regexp.MustCompile(`(?i)\b(` + words + `)\b`)

// Said reports whether a text says that somebody may be a child.
func Said(text string) bool {
	return said.MatchString(strings.Map(func(r rune) rune {
		if strings.ContainsRune(Gaps, r) {
			return ' '
		}
		return r
	}, text))
}

// Children are the codes for somebody's child or sibling, by marriage too, for nephews and nieces, and for twins: those
// of HL7 v3 RoleCode, and those of SNOMED CT for daughter, son, child, sister, brother and sibling.
var Children = strings.Fields(`CHILD CHLDADOPT DAUADOPT SONADOPT CHLDFOST DAUFOST SONFOST CHLDINLAW DAUINLAW SONINLAW SIBINLAW BROINLAW SISINLAW DAUC DAU STPDAU NCHILD NSON SON STPSON STPCHLD
	GRNDCHILD GRNDDAU GRNDSON BRO HBRO NBRO STPBRO SIS HSIS NSIS STPSIS SIB HSIB NSIB STPSIB NIENEPH NEPHEW NIECE
	TWIN TWINBRO TWINSIS FTWIN FTWINBRO FTWINSIS ITWIN ITWINBRO ITWINSIS
	66089001 65616008 67822003 27733009 70924004 375005`)

// Adults are the SNOMED CT codes for spouse, husband, wife, mother, father, parent and friend. Any other number without
// words does not say who somebody is.
var Adults = strings.Fields("127848009 127849001 127850001 72705000 66839005 40683002 113163005")

// Coded reports whether what is said about a relationship, in any column, has a code of Children, or consists only of
// numbers of which at least one is not in Adults.
func Coded(said ...string) bool {
	words, unknown := false, false
	for _, text := range said {
		text = strings.ToUpper(strings.TrimSpace(text))
		if slices.Contains(Children, text) {
			return true
		}
		words = words || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsSpace(r) && !strings.ContainsRune("0123456789", r) })
		unknown = unknown || text != "" && !slices.Contains(Adults, text)
	}
	return unknown && !words
}
