package playground

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io"
	"maps"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

// The assets are built by web/build.mjs; web/README.md says how.
//
//go:embed assets
var built embed.FS

var assets = open()

// pack holds the built files by the name they are asked for, as compressed.
type pack map[string][]byte

func open() pack {
	p := pack{}
	entries, err := built.ReadDir("assets")
	if err != nil {
		panic(err) // The directory is in the binary.
	}
	for _, entry := range entries {
		name, compressed := strings.CutSuffix(entry.Name(), ".gz")
		if !compressed {
			continue
		}
		if p[name], err = built.ReadFile("assets/" + entry.Name()); err != nil {
			panic(err)
		}
	}
	return p
}

// url is the path of the one asset with an extension.
func (p pack) url(extension string) string {
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if path.Ext(name) == extension {
			return "/playground/assets/" + name
		}
	}
	panic("playground: no asset of type " + extension)
}

// serveAsset answers with a file whose name is of its content, so a browser
// need not ask for it twice.
func serveAsset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	body, ok := assets[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Vary", "Accept-Encoding")
	if takesGzip(r.Header.Values("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
	} else if body, ok = inflated(body); !ok {
		http.Error(w, "the asset could not be read", http.StatusInternalServerError)
		return
	}
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", contentType(name))
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body)
}

func serveLicences(w http.ResponseWriter, _ *http.Request) {
	text, err := built.ReadFile("assets/LICENSES")
	if err != nil {
		panic(err) // The file is in the binary.
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write(text)
}

// contentType does not leave these to the tables of the machine, which differ.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml; charset=utf-8"
	}
	return "application/octet-stream"
}

func inflated(compressed []byte) ([]byte, bool) {
	reader, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, false
	}
	body, err := io.ReadAll(reader)
	return body, err == nil
}

// takesGzip reads Accept-Encoding as RFC 9110 section 12.5.3 has it: gzip named
// with a weight above nothing, or * when gzip is not named.
func takesGzip(values []string) bool {
	weights := map[string]bool{}
	for coding := range strings.SplitSeq(strings.Join(values, ","), ",") {
		name, parameters, err := mime.ParseMediaType(strings.TrimSpace(coding))
		if err != nil {
			continue
		}
		weight, err := strconv.ParseFloat(parameters["q"], 64)
		weights[name] = err != nil || weight > 0
	}
	if takes, named := weights["gzip"]; named {
		return takes
	}
	return weights["*"]
}
