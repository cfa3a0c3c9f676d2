package consent_test

import (
	"testing"

	"carerecord/internal/consent"
	"carerecord/internal/record"
)

func TestMatchName(t *testing.T) {
	name := func(family string, given ...string) consent.CandidateName {
		return consent.CandidateName{Given: given, Family: family}
	}
	ada := name("Example", "Ada", "Mary")
	for _, tt := range []struct {
		name, given string
		stored      []consent.CandidateName
		want        consent.FieldMatch
	}{
		{"as stored", "Ada Mary Example", []consent.CandidateName{ada}, consent.Matches},
		{"in capitals and another order", "EXAMPLE, ada", []consent.CandidateName{ada}, consent.Matches},
		{"with a title", "Mrs. Ada Example", []consent.CandidateName{ada}, consent.Matches},
		{"a further given name", "Ada Mary Jane Example", []consent.CandidateName{ada}, consent.Matches},
		{"another middle name", "Ada Jane Example", []consent.CandidateName{ada}, consent.DoesNotMatch},
		{"the middle name alone", "Mary Example", []consent.CandidateName{ada}, consent.DoesNotMatch},
		{"another family name", "Ada Mary Sample", []consent.CandidateName{ada}, consent.DoesNotMatch},
		{"a former name", "Ada Sample", []consent.CandidateName{ada, name("Sample", "Ada")}, consent.Matches},
		{"the first name alone", "Ada", []consent.CandidateName{ada}, consent.DoesNotMatch},
		{"a part of a name", "Ad Example", []consent.CandidateName{ada}, consent.DoesNotMatch},
		{"accents", "Zoe Munoz", []consent.CandidateName{name("Muñoz", "Zoë")}, consent.Matches},
		{"letters that do not come apart", "Soren Lukasz", []consent.CandidateName{name("Łukasz", "Søren")}, consent.Matches},
		{"the Turkish i", "IŞIL DİNÇ", []consent.CandidateName{name("Dinç", "Işıl")}, consent.Matches},
		{"a hyphen for a space", "Ana Smith Jones", []consent.CandidateName{name("Smith-Jones", "Ana")}, consent.Matches},
		{"written together", "Abd al-Rahman Noor", []consent.CandidateName{name("Noor", "Abdalrahman")}, consent.Matches},
		{"half of a double name", "Ana Smith", []consent.CandidateName{name("Smith-Jones", "Ana")}, consent.DoesNotMatch},
		{"an apostrophe", "Sean O’Example", []consent.CandidateName{name("OExample", "Sean")}, consent.Matches},
		{"other apostrophes", "Sean O'Example Mʼ`Bow", []consent.CandidateName{name("OExample MBow", "Sean")}, consent.Matches},
		{"a dot between the words", "Ana Smith·Jones", []consent.CandidateName{name("Smith-Jones", "Ana")}, consent.Matches},
		{"the first and the last of the accents", "Hele\u0300ne Exa\u036fmple", []consent.CandidateName{name("Example", "Helene")}, consent.Matches},
		{"names that elsewhere are titles", "Sir Master", []consent.CandidateName{name("Master", "Sir")}, consent.Matches},
		{"a family name alone", "Sukarno", []consent.CandidateName{name("Sukarno")}, consent.Matches},
		{"a full name beside a given name", "Ada Example", []consent.CandidateName{{Given: []string{"Ada"}, Full: "Ada Example"}}, consent.Matches},
		{"a given name alone beside a full name", "Ada Sample", []consent.CandidateName{{Given: []string{"Ada"}, Full: "Ada Example"}}, consent.DoesNotMatch},
		{"a family name alone beside a full name", "Ada Example", []consent.CandidateName{{Family: "Example", Full: "Ada Example"}}, consent.Matches},
		{"more than the full name", "Sukarno Ada", []consent.CandidateName{{Full: "Sukarno"}}, consent.DoesNotMatch},
		{"another than the full name", "Ada", []consent.CandidateName{{Full: "Sukarno"}}, consent.DoesNotMatch},
		{"nothing that counts, and an empty name stored", "'", []consent.CandidateName{{}}, consent.DoesNotMatch},
		{"Bengali", "রহিমা খাতুন", []consent.CandidateName{name("খাতুন", "রহিমা")}, consent.Matches},
		{"Bengali with another vowel", "রহিমী খাতুন", []consent.CandidateName{name("খাতুন", "রহিমা")}, consent.DoesNotMatch},
		{"a name of one word", "Sukarno", []consent.CandidateName{{Full: "Sukarno"}}, consent.Matches},
		{"twice the same word stored", "Ali Ali", []consent.CandidateName{name("Ali", "Ali")}, consent.Matches},
		{"twice stored and once given", "Ali", []consent.CandidateName{name("Ali", "Ali")}, consent.DoesNotMatch},
		{"nothing stored", "Ada Example", nil, consent.MatchNotKnown},
		{"an empty name stored", "Ada Example", []consent.CandidateName{{}}, consent.DoesNotMatch},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := consent.Match(consent.OptOutRequest{Name: tt.given}, []consent.Candidate{{Names: tt.stored}})
			if got[0].Name != tt.want {
				t.Errorf("%s, want %s", got[0].Name, tt.want)
			}
		})
	}
}

func TestMatchFields(t *testing.T) {
	request := consent.OptOutRequest{Name: "Ada Example", BirthDate: "1950-02-03", Postcode: "n1 9gu", NHSNumber: one}
	known := consent.Candidate{
		Numbers: []record.NHSNumber{two, one}, Names: []consent.CandidateName{{Given: []string{"Ada"}, Family: "Example"}},
		Births: []record.PartialDate{"1950-02-03"}, Postcodes: []string{"N19GU"},
	}
	restricted := known
	restricted.Restricted = true
	otherwise := consent.Candidate{Numbers: []record.NHSNumber{two}, Births: []record.PartialDate{"1950-02-04"}, Postcodes: []string{"N1 9GX"}, Names: known.Names}
	partly := consent.Candidate{Births: []record.PartialDate{"1950-02"}}
	against := consent.Candidate{Births: []record.PartialDate{"1951"}}
	all := func(m consent.FieldMatch) consent.RequestMatch { return consent.RequestMatch{m, m, m, m} }
	unknown := all(consent.MatchNotKnown)
	contradicted := unknown
	contradicted.BirthDate = consent.DoesNotMatch
	want := []consent.RequestMatch{
		all(consent.Matches), unknown, unknown,
		{consent.Matches, consent.DoesNotMatch, consent.DoesNotMatch, consent.DoesNotMatch}, unknown, contradicted,
	}
	got := consent.Match(request, []consent.Candidate{known, restricted, {}, otherwise, partly, against})
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("candidate %d: %v, want %v", i, got[i], want[i])
		}
	}
	if got := consent.Match(consent.OptOutRequest{}, []consent.Candidate{known}); got[0] != all(consent.MatchNotGiven) {
		t.Errorf("nothing given: %v", got[0])
	}
}
