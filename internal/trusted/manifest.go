package trusted

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/goccy/go-yaml"

	"carerecord/internal/auth"
	"carerecord/internal/record"
)

// A manifest names the documents of one application.
type manifest struct {
	App, Owner string
	Documents  []entry
}

// An entry is one document of a manifest.
type entry struct {
	ID       string
	File     string // with its text, as seen from the manifest
	Purposes []auth.Purpose
	Classes  []record.Class
	Safety   string
}

// maxManifest is how long a manifest may be.
const maxManifest = 1 << 20

func parse(files fs.FS, file string) (manifest, error) {
	var m manifest
	text, err := readText(files, file, maxManifest)
	switch {
	case errors.Is(err, errTooLong):
		return m, fmt.Errorf("it is longer than %d bytes; divide it", maxManifest)
	case err != nil:
		return m, errors.New("it cannot be read; see that the service may")
	}
	in := yaml.NewDecoder(bytes.NewReader([]byte(text)), yaml.Strict())
	if err := in.Decode(&m); err != nil {
		if errors.Is(err, io.EOF) {
			return m, errors.New("it is empty; write app, owner and documents into it")
		}
		return m, fmt.Errorf("it is not a manifest: %s; a manifest has app, owner and documents, each with id, file, purposes, classes and safety",
			yaml.FormatError(err, false, false))
	}
	if err := in.Decode(new(any)); !errors.Is(err, io.EOF) {
		return m, errors.New("it goes on after its end; leave one YAML document")
	}
	return m, nil
}
