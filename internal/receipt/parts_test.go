package receipt

import (
	"errors"
	"strings"
	"testing"
)

// A made part stands between two places and is written from pieces: texts as they are, or places for the canonical form.
type madePart struct {
	start, end int
	pieces     []any
	err        error
}

func (p *madePart) Span() (start, end int) { return p.start, p.end }

func (p *madePart) Sorted(out, data []byte, other func(out []byte, from, to int) ([]byte, error)) ([]byte, error) {
	for _, piece := range p.pieces {
		switch x := piece.(type) {
		case string:
			out = append(out, x...)
		case [2]int:
			var err error
			if out, err = other(out, x[0], x[1]); err != nil {
				return nil, err
			}
		}
	}
	return out, p.err
}

// What a part says is taken as it is, and what it leaves is written as any value; what stands beside it is read.
func TestParts(t *testing.T) {
	const text = `{"b":{"z":1.50,"a":"x\u002f"},"a":[{"d":true,"c":[1e2,{"f":1,"e":2}]}, 7]}`
	place := func(piece string) [2]int {
		at := strings.Index(text, piece)
		return [2]int{at, at + len(piece)}
	}
	part := func(of string, pieces ...any) *madePart {
		at := place(of)
		return &madePart{start: at[0], end: at[1], pieces: pieces}
	}
	first := part(`{"z":1.50,"a":"x\u002f"}`, `{"a":`, place(`"x\u002f"`), `,"z":`, place(`1.50`), `}`)
	second := part(`{"d":true,"c":[1e2,{"f":1,"e":2}]}`, `{"c":`, place(`[1e2,{"f":1,"e":2}]`), `,"d":true}`)
	marked := part(`{"d":true,"c":[1e2,{"f":1,"e":2}]}`, `"marked"`)
	want := canon(t, text)
	for _, test := range []struct {
		name  string
		parts []Part
		want  string
	}{
		{"none", nil, want},
		{"one", []Part{first}, want},
		{"the other", []Part{second}, want},
		{"both", []Part{first, second}, want},
		{"one that is taken at its word", []Part{first, marked}, strings.Replace(want, canon(t, text[marked.start:marked.end]), `"marked"`, 1)},
		{"one that stands nowhere", []Part{&madePart{start: 2, end: 3}}, want},
	} {
		got, err := Canonical([]byte("before "), []byte(text), test.parts...)
		if err != nil || string(got) != "before "+test.want {
			t.Errorf("%s: %s, %v, want %s", test.name, got, err, test.want)
		}
	}
	broken := errors.New("broken")
	for name, wrong := range map[string]*madePart{
		"one that fails":              {start: first.start, end: first.end, err: broken},
		"less than a value":           part(`{"z":1.50,"a":"x\u002f"}`, [2]int{first.start, first.end - 1}),
		"more than a value":           part(`{"z":1.50,"a":"x\u002f"}`, [2]int{first.start, first.end + 1}),
		"something that is no value":  part(`{"z":1.50,"a":"x\u002f"}`, [2]int{first.start + 5, first.end}),
		"one that ends within itself": {start: first.start, end: first.end - 1},
	} {
		if got, err := Canonical(nil, []byte(text), wrong); err == nil {
			t.Errorf("%s: %s", name, got)
		}
	}
	if _, err := Canonical(nil, []byte(`{"a":1}`)); err != nil {
		t.Errorf("parts of the answer before: %v", err)
	}
}

// A receipt of an answer with parts is that of the answer.
func TestAReceiptByParts(t *testing.T) {
	s, a := signerOf(t, 1), answerOf()
	a.Data = []byte(`{"patient":{"b":1,"a":2}}`)
	for name, part := range map[string]struct {
		pieces []any
		whole  bool
	}{
		"in order": {[]any{`{"a":2,"b":1}`}, true}, "as it came": {[]any{`{"b":1,"a":2}`}, false},
	} {
		a.Parts = []Part{&madePart{start: 11, end: 24, pieces: part.pieces}}
		if _, err := Verify([]byte(sent(t, s, a)), keysOf(t, s)); (err == nil) != part.whole {
			t.Errorf("%s: %v", name, err)
		}
	}
	a.Parts = []Part{&madePart{start: 11, end: 24, err: errors.New("broken")}}
	if _, err := s.Sign(a); err == nil {
		t.Error("a part that fails is signed")
	}
}
