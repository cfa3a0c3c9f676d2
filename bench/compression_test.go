package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"carerecord/bench/data"
)

// BenchmarkCompression compresses the answers of the two operations, as a server would that offers gzip; beside it
// stands what such an answer takes by itself. The decision is docs/decisions/0007-transport.md.
func BenchmarkCompression(b *testing.B) {
	numbers := data.Numbers(50)
	for _, operation := range []struct {
		name      string
		variables map[string]any
	}{
		{"full-record", map[string]any{"nhsNumber": numbers[0]}},
		{"ward-list", map[string]any{"nhsNumbers": numbers}},
	} {
		asked, err := json.Marshal(map[string]any{"query": document(b, operation.name), "variables": operation.variables})
		if err != nil {
			b.Fatal(err)
		}
		service, token, body := theService(b), given(b).Tokens[0], string(asked)
		answer := post(b, service, token, "/graphql", body)
		if answer.Code != http.StatusOK {
			b.Fatalf("%s: %d", operation.name, answer.Code)
		}
		plain := answer.Body.Bytes()
		b.Run(operation.name+"/answered", func(b *testing.B) {
			for b.Loop() {
				post(b, service, token, "/graphql", body)
			}
			b.ReportMetric(float64(len(plain)), "sent-B")
		})
		for _, level := range []int{gzip.BestSpeed, gzip.DefaultCompression} {
			b.Run(fmt.Sprintf("%s/gzip %d", operation.name, level), func(b *testing.B) {
				var sent bytes.Buffer
				w, err := gzip.NewWriterLevel(&sent, level)
				if err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					sent.Reset()
					w.Reset(&sent)
					w.Write(plain)
					w.Close()
				}
				b.ReportMetric(float64(sent.Len()), "sent-B")
			})
		}
	}
}
