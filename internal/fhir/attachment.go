package fhir

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"carerecord/internal/record"
)

// refersTo returns the address of the Binary or file that the request is for; "" if it is for something
// else.
func (r Request) refersTo() string {
	if r.Link == "" && strings.HasPrefix(r.Path, "Binary/") {
		return r.Path
	}
	return r.Link
}

// attachment returns, as a Binary, what a patient's document refers to: a Binary among the patient's
// records, a Binary in a file of its own, or a file that is not a record.
func (f *Folder) attachment(names []string, address string) ([]byte, error) {
	key := KeyOf(address)
	for _, name := range names {
		bundle, err := f.bundle(name)
		if err != nil {
			return nil, err
		}
		for i := range bundle.Resources {
			if r := &bundle.Resources[i]; r.Type == "Binary" && (r.Key() == key || r.FullURL == address) {
				return r.labelled(), nil
			}
		}
	}
	if TypeOf(key) == "Binary" {
		if name := f.binaries[key]; name != "" {
			return f.read(name)
		}
		return nil, notThere()
	}
	return f.file(address)
}

func notThere() error { return &StatusError{Status: http.StatusNotFound, Kind: record.ErrNotFound} }

// file returns a file below the folder as a Binary. It never serves files of records: they may belong to
// any patient.
func (f *Folder) file(address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || u.IsAbs() || u.Host != "" || u.RawQuery != "" || !filepath.IsLocal(u.Path) || isRecord(strings.ToLower(u.Path)) {
		return nil, Malformedf("a link that leads away from the source")
	}
	if info, err := f.root.Lstat(u.Path); err != nil || !info.Mode().IsRegular() {
		return nil, notThere()
	}
	file, err := f.root.Open(u.Path)
	if err != nil {
		return nil, fmt.Errorf("%w: a file that cannot be opened", record.ErrUnavailable)
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxBody+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: a file that cannot be read to its end", record.ErrUnavailable)
	case len(raw) > maxBody:
		return nil, Malformedf("larger than %d bytes", maxBody)
	}
	return json.Marshal(struct {
		ResourceType string `json:"resourceType"`
		Data         []byte `json:"data"`
	}{"Binary", raw})
}

// isRecord reports whether the folder reads a file as FHIR records.
func isRecord(name string) bool {
	return strings.HasSuffix(strings.TrimSuffix(name, ".gz"), ".json")
}
