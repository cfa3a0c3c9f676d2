// Package toy holds the Go types that the plugin's tests generate code for.
package toy

import (
	"context"
	"fmt"
	"io"
)

// Named has a name.
type Named interface{ IsNamed() }

// Thing stands on a shelf.
type Thing interface{ IsThing() }

// Shelf has a field of every kind that a writer can get wrong.
type Shelf struct {
	ID, Name string
	Note     *string
	Grid     [][]int
	Sparse   [][]*int
	Things   []Thing
	Named    []Named
	Top      Thing
	Base     Thing
	Lamp     *Lamp
	Spare    Lamp
	Colour   *Colour
	Colours  []Colour
	Calls    int // of the methods that count
}

// Flicker may return nothing, and so may the methods that follow.
func (s *Shelf) Flicker() *Lamp { s.Calls++; return s.Lamp }

// Hue is a colour.
func (s *Shelf) Hue() *Colour { s.Calls++; return s.Colour }

// Stack is a list.
func (s *Shelf) Stack() []Thing { s.Calls++; return s.Things }

// Front is an interface.
func (s *Shelf) Front() Thing { s.Calls++; return s.Top }

// Shade is a lamp too.
func (s *Shelf) Shade() Lamp { return Lamp{Name: "shade of " + s.Name} }

// Colour writes itself.
type Colour int

// MarshalGQL writes it.
func (c Colour) MarshalGQL(w io.Writer) { fmt.Fprintf(w, "\"#%06x\"", int(c)) }

// UnmarshalGQL reads nothing.
func (*Colour) UnmarshalGQL(any) error { return nil }

// Like is an input.
type Like struct{ Name string }

// Book can be read.
type Book struct {
	Title  string
	Pages  *int
	Sequel *Book
}

// Name is a book's title.
func (b *Book) Name() string { return b.Title }

// Lamp gives light.
type Lamp struct {
	Name string
	Lit  bool
}

func (*Shelf) IsNamed() {}
func (*Book) IsNamed()  {}
func (*Lamp) IsNamed()  {}
func (*Book) IsThing()  {}
func (*Lamp) IsThing()  {}

// Other is the second Go type of a schema type that a test binds to it.
type Other struct{ Name string }

// Stone implements Stony without a pointer.
type Stone struct{ Name string }

// IsStone has a value receiver.
func (Stone) IsStone() {}

// Stony is the interface of Stone.
type Stony interface{ IsStone() }

// Odd has fields that cannot be written.
type Odd struct {
	Count  float64
	Points []Point
	More   []Spot
	Held   *[]int
	Spare  *Other
	Lit    *bool
	Kind   *Spot
}

// Checked may fail.
func (*Odd) Checked() (string, error) { return "", nil }

// Maybe may be absent.
func (*Odd) Maybe() (string, bool) { return "", false }

// HasLit reports whether Lit is set.
func (*Odd) HasLit() bool { return false }

// Spotted is a Spot.
const Spotted Spot = "spotted"

// Point and Spot are two Go types for one schema type.
type (
	Point string
	Spot  string
)

// Likes is a Like whose input type needs a context.
type Likes struct{ Name *Deep }

// Deep is read with a context.
type Deep string

// UnmarshalGQLContext reads it.
func (*Deep) UnmarshalGQLContext(context.Context, any) error { return nil }

// MarshalGQLContext writes it.
func (Deep) MarshalGQLContext(context.Context, io.Writer) error { return nil }
