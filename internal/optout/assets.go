package optout

import (
	"embed"
	"net/http"
	"path"
	"strconv"
)

// The assets are built by web/build.mjs; web/README.md says how.
//
//go:embed assets
var built embed.FS

var assets = open()

// pack is the built files by name.
type pack map[string][]byte

func open() pack {
	p := pack{}
	entries, err := built.ReadDir("assets")
	if err != nil {
		panic(err) // The directory is in the binary.
	}
	for _, entry := range entries {
		if p[entry.Name()], err = built.ReadFile("assets/" + entry.Name()); err != nil {
			panic(err)
		}
	}
	return p
}

// path is where the one asset with an extension is served.
func (p pack) path(extension string) string {
	for name := range p {
		if path.Ext(name) == extension {
			return Path + "/assets/" + name
		}
	}
	panic("optout: no asset of type " + extension)
}

// types does not leave these to the tables of the machine, which differ.
var types = map[string]string{".css": "text/css; charset=utf-8", ".svg": "image/svg+xml; charset=utf-8", "": "text/plain; charset=utf-8"}

// serveAsset answers with a file. One whose name is of its content need not be asked for twice.
func serveAsset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	body, ok := assets[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	if path.Ext(name) != "" {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("Content-Type", types[path.Ext(name)])
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body)
}
