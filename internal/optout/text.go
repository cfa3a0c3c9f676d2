package optout

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"carerecord/internal/consent"
)

// The catalogues, one file per language. A translation that is not reviewed says
// so on the page.
//
//go:embed text/*.json
var texts embed.FS

const english = "en"

// languages are the languages of the page, in the order of their links. The page of one that is not
// reviewed has a note that its words are a draft.
var languages = []struct {
	code     string
	reviewed bool
}{
	{english, true}, {"bn", false}, {"bg", false}, {"so", false}, {"es", false}, {"tr", false},
}

// catalogue holds the words of the page in one language.
type catalogue struct {
	lang  string
	draft bool
	words map[string]string
}

// catalogues reads all catalogues and fills in the policy's ages. It panics if one lacks a word. They are
// in the binary, so the first test notices.
func catalogues(policy *consent.Policy) map[string]catalogue {
	ages := strings.NewReplacer(
		"{choice}", strconv.Itoa(policy.OwnChoiceAge), "{adult}", strconv.Itoa(policy.AdultAccessAge), "{below}", strconv.Itoa(policy.AdultAccessAge-1),
	)
	all := make(map[string]catalogue, len(languages))
	for _, language := range languages {
		c := catalogue{lang: language.code, draft: !language.reviewed, words: words(language.code)}
		for key, text := range c.words {
			c.words[key] = ages.Replace(text)
		}
		all[language.code] = c
	}
	for code, c := range all {
		if !slices.Equal(slices.Sorted(maps.Keys(c.words)), slices.Sorted(maps.Keys(all[english].words))) {
			panic("optout: the catalogue " + code + " has other keys than English")
		}
	}
	return all
}

func words(code string) map[string]string {
	text, err := texts.ReadFile("text/" + code + ".json")
	if err != nil {
		panic(err)
	}
	var words map[string]string
	if err := json.Unmarshal(text, &words); err != nil {
		panic(fmt.Errorf("optout: the catalogue %s: %w", code, err))
	}
	return words
}

// say returns the words for a key, after replacing placeholders. pairs are placeholders and their values.
func (c catalogue) say(key string, pairs ...string) string {
	text, ok := c.words[key]
	if !ok {
		panic("optout: no words for " + key)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
