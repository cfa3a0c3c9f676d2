package exclusion

import (
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/unicode/norm"
)

// unseen are the invisible characters (Unicode's Default_Ignorable_Code_Point): soft hyphens, joiners,
// direction marks, variation selectors, tags. datasources/view/exclusions.go has the same.
var unseen = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x00AD, 0x00AD, 1}, {0x034F, 0x034F, 1}, {0x061C, 0x061C, 1}, {0x115F, 0x1160, 1}, {0x17B4, 0x17B5, 1}, {0x180B, 0x180F, 1},
		{0x200B, 0x200F, 1}, {0x202A, 0x202E, 1}, {0x2060, 0x206F, 1}, {0x3164, 0x3164, 1}, {0xFE00, 0xFE0F, 1}, {0xFEFF, 0xFEFF, 1},
		{0xFFA0, 0xFFA0, 1}, {0xFFF0, 0xFFFB, 1},
	},
	R32:         []unicode.Range32{{0x1BCA0, 0x1BCA3, 1}, {0x1D173, 0x1D17A, 1}, {0xE0000, 0xE0FFF, 1}},
	LatinOffset: 1,
}

// blank are those of them that are written for a gap between words: the zero-width space and the Hangul
// fillers.
var blank = &unicode.RangeTable{R16: []unicode.Range16{{0x115F, 0x1160, 1}, {0x200B, 0x200B, 1}, {0x3164, 0x3164, 1}, {0xFFA0, 0xFFA0, 1}}}

// AsSeen returns a text as a reader sees it: without invisible characters, and with letters of any width
// and kind as plain letters (NFKC).
func AsSeen(text string) string {
	return norm.NFKC.String(runes.Remove(runes.In(unseen)).String(text))
}

// asSpaced returns the same with a space for each character of blank.
func asSpaced(text string) string {
	return AsSeen(runes.Map(func(r rune) rune {
		if unicode.Is(blank, r) {
			return ' '
		}
		return r
	}).String(text))
}
