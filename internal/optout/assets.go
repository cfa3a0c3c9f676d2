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

// pack holds the built files by name.
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

// path returns the URL path of the only asset with an extension.
func (p pack) path(extension string) string {
	for name := range p {
		if path.Ext(name) == extension {
			return Path + "/assets/" + name
		}
	}
	panic("optout: no asset of type " + extension)
}

// types are the content types of the assets. The tables of the machine, which differ, are not used.
var types = map[string]string{".css": "text/css; charset=utf-8", ".svg": "image/svg+xml; charset=utf-8", "": "text/plain; charset=utf-8"}

// serveAsset answers with a file. One with an extension has a name made of its content, so it need not be
// requested twice.
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
