//go:build ignore

// This program packs Synthea bundles for the sample: it drops what no part of the
// record holds (claims, statements of benefit, narrative, tags, what repeats the
// words beside it), writes the rest compactly, a resource a line and a person's
// lines together, the Patient first, digits as they were, and deals the people out
// to files of about equal size.
//
//	go run synthea_pack.go BUNDLES NUMBERS.csv data
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"sort"
)

const shards = 8

var dropped = map[string]bool{"Claim": true, "ExplanationOfBenefit": true, "Provenance": true}

func main() {
	if err := pack(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

func pack(bundles, numbers, to string) error {
	files, err := filepath.Glob(filepath.Join(bundles, "*.json.gz"))
	if err != nil {
		return err
	}
	var lines [][]byte
	ids := map[string]bool{}
	for _, file := range files {
		line, id, err := slim(file)
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
		lines, ids[id] = append(lines, line), true
	}
	// The largest first, each to the emptiest file.
	sort.SliceStable(lines, func(i, j int) bool { return len(lines[i]) > len(lines[j]) })
	var full [shards]bytes.Buffer
	for _, line := range lines {
		least := 0
		for i := range full {
			if full[i].Len() < full[least].Len() {
				least = i
			}
		}
		full[least].Write(line)
	}
	for i := range full {
		var packed bytes.Buffer
		w, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
		w.Write(full[i].Bytes())
		w.Close()
		if err := os.WriteFile(filepath.Join(to, fmt.Sprintf("synthea-%d.ndjson.gz", i)), packed.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return keepNumbers(numbers, to, ids)
}

func keepNumbers(numbers, to string, ids map[string]bool) error {
	f, err := os.Open(numbers)
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return err
	}
	out, err := os.Create(filepath.Join(to, "synthea-numbers.csv"))
	if err != nil {
		return err
	}
	w := csv.NewWriter(out)
	w.Write([]string{"patient_id", "nhs_number"})
	for _, row := range rows[1:] {
		if ids[row[1]] {
			w.Write(row[1:])
		}
	}
	w.Flush()
	return out.Close()
}

func slim(file string) (line []byte, patient string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, "", err
	}
	dec := json.NewDecoder(z)
	dec.UseNumber()
	var bundle struct {
		Entry []struct {
			FullURL  string         `json:"fullUrl"`
			Resource map[string]any `json:"resource"`
		} `json:"entry"`
	}
	if err := dec.Decode(&bundle); err != nil {
		return nil, "", err
	}
	var out bytes.Buffer
	for _, e := range bundle.Entry {
		kind := e.Resource["resourceType"].(string)
		if dropped[kind] {
			continue
		}
		if e.FullURL != "urn:uuid:"+e.Resource["id"].(string) {
			return nil, "", fmt.Errorf("a fullUrl that does not follow from the id")
		}
		if kind == "Patient" {
			patient = e.Resource["id"].(string)
			if out.Len() > 0 {
				return nil, "", fmt.Errorf("the Patient is not first")
			}
		}
		delete(e.Resource, "text")
		delete(e.Resource, "meta")
		if kind == "Organization" || kind == "Practitioner" {
			keepOnly(e.Resource, "resourceType", "id", "name", "identifier")
		}
		shorten(e.Resource)
		raw, err := ordered(e.Resource)
		if err != nil {
			return nil, "", err
		}
		out.Write(raw)
		out.WriteByte('\n')
	}
	return out.Bytes(), patient, nil
}

func keepOnly(resource map[string]any, keys ...string) {
	kept := map[string]any{}
	for _, k := range keys {
		if v, ok := resource[k]; ok {
			kept[k] = v
		}
	}
	clear(resource)
	for k, v := range kept {
		resource[k] = v
	}
}

// shorten drops the text of a concept that only repeats the display of its one
// code, and the display of a reference to something else in the file.
func shorten(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			shorten(e)
		}
	case map[string]any:
		if codings, ok := v["coding"].([]any); ok && len(codings) == 1 {
			if c, ok := codings[0].(map[string]any); ok && c["display"] == v["text"] {
				delete(v, "text")
			}
		}
		if _, ok := v["reference"].(string); ok {
			delete(v, "display")
		}
		for _, e := range v {
			shorten(e)
		}
	}
}

// ordered writes resourceType first, as FHIR's examples do.
func ordered(resource map[string]any) ([]byte, error) {
	kind := resource["resourceType"]
	delete(resource, "resourceType")
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(resource); err != nil {
		return nil, err
	}
	rest := bytes.TrimSpace(b.Bytes())
	return append([]byte(fmt.Sprintf(`{"resourceType":%q,`, kind)), rest[1:]...), nil
}
