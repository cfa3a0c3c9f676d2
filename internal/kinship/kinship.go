// Package kinship says of how somebody is related to a person whether they may be a child: nobody who may be is named by adult
// social care where their age is unknown (docs/decisions/0010-readings-of-the-contract.md). Sources in SQL ask by the pattern and the
// codes, whoever shows what they gave by the functions.
package kinship

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// words are how somebody's child or sibling is called, and whoever is young by what they are called.
const words = `((great|grand|step|foster|god)[- ]?)*(child|children|kids?|sons?|daughters?)|((half|step)[- ]?)?(brothers?|sisters?|siblings?)|` +
	`nephews?|nieces?|bab(y|ies)|infants?|(school[- ]?)?(boys?|girls?)|school[- ]?(child|children|kids?)|newborns?|toddlers?|teens?|teenagers?|adolescents?|juveniles?|minors?|` +
	`^youths?$|lads?|lass(es)?|twins?|triplets?|offspring|((great|grand|step|foster)[- ]?)*(dau|dtr)|` +
	`depend[ae]nts?|young[- ](carers?|persons?|people)`

// Pattern is true of words that say so, for PostgreSQL's ~*. Gaps stands before it.
const Pattern = `\m(` + words + `)\M`

// Gaps are what divides words in a code, besides what does in a text.
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

// Children are the codes for somebody's child or sibling, also by marriage, and for twins: HL7 v3 RoleCode, and SNOMED CT's for daughter, son, child, sister,
// brother and sibling.
var Children = strings.Fields(`CHILD CHLDADOPT DAUADOPT SONADOPT CHLDFOST DAUFOST SONFOST CHLDINLAW DAUINLAW SONINLAW SIBINLAW BROINLAW SISINLAW DAUC DAU STPDAU NCHILD NSON SON STPSON STPCHLD
	GRNDCHILD GRNDDAU GRNDSON BRO HBRO NBRO STPBRO SIS HSIS NSIS STPSIS SIB HSIB NSIB STPSIB NIENEPH NEPHEW NIECE
	TWIN TWINBRO TWINSIS FTWIN FTWINBRO FTWINSIS ITWIN ITWINBRO ITWINSIS
	66089001 65616008 67822003 27733009 70924004 375005`)

// Adults are SNOMED CT's codes for spouse, husband, wife, mother, father, parent and friend. Any other number without words says
// nothing of who it is.
var Adults = strings.Fields("127848009 127849001 127850001 72705000 66839005 40683002 113163005")

// Coded reports whether anything that is said of a relationship, in whichever column, is a code that says that somebody may be a
// child, or whether all of it is numbers of which one is no adult's.
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
