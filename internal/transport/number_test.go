package transport

import "testing"

// A number is found under every way in which an address or a document may write it.
func TestNumberIn(t *testing.T) {
	for text, want := range map[string]bool{
		"9990000018":                       true,
		"x9990000018x":                     true,
		"999 000 0018":                     true,
		"1 999 000 0018":                   true,
		"999   000   0018":                 true,
		"999    000    0018":               false,
		"999 000a0018":                     false,
		"99900 000 18":                     false,
		"9990 000 018":                     false,
		"9990000018 9":                     true,
		"99900000180":                      false,
		"9990000019 9990000018":            true,
		`\u0039990000018`:                  true,
		`999000001\u0038`:                  true,
		`x \u0039990000018`:                true,
		`\u{39}990000018`:                  true,
		`999000001\u{000000038}`:           true,
		`999000001\u{0000000038}`:          false, // longer than an escape may be
		`999000001\u{}8`:                   false,
		`999000001\u{38`:                   false,
		`\u \u1 \u12 \u{ \u{39 9990000018`: true,
		`\u12`:                             false,
		`\uz\u0039990000018`:               true,
		`\q\u0039990000018`:                true,
		"%39990000018":                     true,
		"999000001%38":                     true,
		"%zz %39990000018":                 true,
		"%zz 999000001%38":                 true,
		"%zz x999000001%38x":               true,
		"%39990000018 %":                   true,
		"%39990000018 %3":                  true,
		"%25252539990000018":               true,
		"%2525252539990000018":             false, // escaped once more than is looked at
		"%zz 1%39":                         false,
		"%z%39990000018":                   true,
		"%%39990000018":                    true,
		`%5Cu0039990000018`:                true,
		`\u002539990000018`:                true,
	} {
		if got := numberIn(text); got != want {
			t.Errorf("%s: got %t", text, got)
		}
	}
}
