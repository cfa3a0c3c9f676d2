package record

import (
	"fmt"
	"io"
	"strings"
)

// NHSNumber is a ten-digit NHS number with a valid modulus 11 check digit (NHS
// Data Dictionary, NHS NUMBER). It prints as a mask, so that a stray log line or
// error names nobody. Code that needs the digits says string(n).
type NHSNumber string

// mask is printed in place of every number.
const mask = "[NHS number]"

// ParseNHSNumber reads ten digits, plain or in the 3-3-4 form with spaces or
// dashes. Anything else, or a wrong check digit, is ErrInvalid. The message does
// not repeat the input.
func ParseNHSNumber(text string) (NHSNumber, error) {
	digits, ok := nhsDigits(text)
	if !ok {
		return "", fmt.Errorf("%w: an NHS number is ten digits, as 9990000018 or 999 000 0018", ErrInvalid)
	}
	if !checkDigitHolds(digits) {
		return "", fmt.Errorf("%w: the check digit of the NHS number is wrong; compare it with the patient's letter or card", ErrInvalid)
	}
	return NHSNumber(digits), nil
}

// nhsDigits removes the separators of the 3-3-4 form. Both must be the same, so
// that a mistyped telephone number does not pass.
func nhsDigits(text string) (string, bool) {
	if len(text) == 12 && text[3] == text[7] && (text[3] == ' ' || text[3] == '-') {
		text = text[:3] + text[4:7] + text[8:]
	}
	if len(text) != 10 {
		return "", false
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return "", false
		}
	}
	return text, true
}

// checkDigitHolds multiplies the first nine digits by 10 to 2, adds them up and
// subtracts the remainder by 11 from 11. The tenth digit must be the same: 11
// stands for 0, and 10 is never valid.
func checkDigitHolds(digits string) bool {
	sum := 0
	for i := range 9 {
		sum += int(digits[i]-'0') * (10 - i)
	}
	check := 11 - sum%11
	if check == 11 {
		check = 0
	}
	return check == int(digits[9]-'0')
}

// IsTest reports whether the number is in the 999 range, which is never issued.
func (n NHSNumber) IsTest() bool { return strings.HasPrefix(string(n), "999") }

// String masks the number.
func (n NHSNumber) String() string { return mask }

// GoString masks the number in %#v.
func (n NHSNumber) GoString() string { return mask }

// Format masks the number under every verb, %s and %q and %x alike.
func (n NHSNumber) Format(f fmt.State, _ rune) { io.WriteString(f, mask) }

// MarshalGQL writes the ten digits as a JSON string.
func (n NHSNumber) MarshalGQL(w io.Writer) {
	w.Write(append(append(append(roomIn(w), '"'), n...), '"'))
}

// UnmarshalGQL reads what ParseNHSNumber reads.
func (n *NHSNumber) UnmarshalGQL(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("%w: an NHS number is a string of ten digits, which may stand as 3, 3 and 4", ErrInvalid)
	}
	parsed, err := ParseNHSNumber(text)
	*n = parsed
	return err
}
