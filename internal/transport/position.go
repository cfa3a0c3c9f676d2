package transport

import "strconv"

// position is where a value is, such as $nhsNumbers[3] or patients.nhsNumbers[3]. It is formatted only for an
// error.
type position struct {
	above *position
	name  string // of a variable, an argument or an input field; "" for an entry of a list
	index int
}

func (p position) String() string {
	switch {
	case p.above == nil:
		return safeNames(p.name)
	case p.name == "":
		return p.above.String() + "[" + strconv.Itoa(p.index) + "]"
	default:
		return p.above.String() + "." + safeName(p.name)
	}
}
