package receipt

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
)

// kilobytes is data as a record's results look, of about n KB.
func kilobytes(n int) []byte {
	var b strings.Builder
	b.WriteString(`{"patient":{"id":"p1","nhsNumber":"9990000018","results":{"state":"RECORDED","complete":true,"nodes":[`)
	for i := 0; b.Len() < n<<10; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"R%d-0d2f9c7a","test":{"system":"http://snomed.info/sct","code":"%d","display":"Serum creatinine level"},`+
			`"takenAt":"2025-03-0%dT10:00:00+01:00","status":"FINAL","value":{"text":"87 umol/L","quantity":87.%d,"comparator":null,"limit":null,"unit":"µmol/L","absentReason":null},`+
			`"interpretation":[],"provenance":{"sector":"ACUTE","organisation":{"odsCode":"RAL","name":"Example Hospital"},"sourceSystem":"EPR","sourceId":"x%d","recordedAt":"2025-03-01T10:00:00Z"}}`,
			i, 1000003*i, i%9+1, i%10, i)
	}
	b.WriteString(`],"gaps":[]}}}`)
	return []byte(b.String())
}

func BenchmarkSHA256(b *testing.B) {
	data := kilobytes(120)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		sha256.Sum256(data)
	}
}

// BenchmarkSign is what a receipt adds to an answer.
func BenchmarkSign(b *testing.B) {
	s := signerOf(b, 1)
	for _, n := range []int{1, 14, 120, 7000} {
		b.Run(fmt.Sprintf("%dKB", n), func(b *testing.B) {
			a := answerOf()
			a.Data = kilobytes(n)
			b.SetBytes(int64(len(a.Data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Sign(a); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCanonical(b *testing.B) {
	for _, n := range []int{14, 120, 7000} {
		b.Run(fmt.Sprintf("%dKB", n), func(b *testing.B) {
			data := kilobytes(n)
			out := make([]byte, 0, len(data))
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Canonical(out[:0], data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
