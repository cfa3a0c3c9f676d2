package config

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// sources reads the list of sources.
func (r *reader) sources(path string, node ast.Node) {
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		r.at(path, node, "sources is a list; begin each source with a hyphen")
		return
	}
	if len(list.Values) == 0 {
		r.at(path, node, "sources is empty; add one")
	}
	for _, entry := range list.Values {
		r.source(path, entry)
	}
}

func (r *reader) source(path string, entry ast.Node) {
	values, ok := pairs(entry)
	if !ok {
		r.at(path, entry, "a source has the lines %s", strings.Join(SourceKeys(), ", "))
		return
	}
	d := &draft{set: map[string]ast.Node{}}
	for _, pair := range values {
		r.sourceLine(path, d, pair)
	}
	r.complains(path, entry, d)
	r.config.Sources = append(r.config.Sources, d.Source)
}

func (r *reader) sourceLine(path string, d *draft, pair *ast.MappingValueNode) {
	key := pair.Key.GetToken().Value
	s, known := sourceSettingOf(key)
	text, one := scalar(pair.Value)
	switch {
	case !known:
		r.at(path, pair.Key, "a source has no setting %s; it has %s", key, strings.Join(SourceKeys(), ", "))
		return
	case !one:
		r.at(path, pair.Value, "%s of a source takes one value", key)
		return
	case s.path:
		text = besideFolder(path, text)
	}
	d.set[key] = pair.Value
	if err := s.set(r, d, text); err != nil {
		r.at(path, pair.Value, "%s of a source: %w", key, err)
		r.set["sources."+key] = path
		d.unsure = d.unsure || key == "kind"
	}
}

// complains checks what shows only when all lines of a source are read.
func (r *reader) complains(path string, entry ast.Node, d *draft) {
	for _, key := range []string{"sector", "organisation"} {
		if d.set[key] == nil {
			r.at(path, entry, "a source has no %s; add it", key)
		}
	}
	if d.unsure {
		return
	}
	if d.Sector != "" && !slices.Contains(sectorsOf[d.Kind], d.Sector) {
		r.at(path, d.set["kind"], "a source of kind %s holds %s, not %s; correct the sector or the kind", d.Kind, named(sectorsOf[d.Kind], " or "), d.Sector)
	}
	for _, s := range sourceSettings {
		if at := d.set[s.name]; at != nil && s.of != nil && !slices.Contains(s.of, d.Kind) {
			r.at(path, at, "%s does not belong to a source of kind %s, but to %s; leave it out or name the kind", s.name, d.Kind, named(s.of, ", "))
		}
	}
	where := "url"
	if d.Kind == SQL {
		where = "dsn"
	}
	if d.set[where] == nil {
		r.at(path, entry, "a source has no %s; one of kind %s needs it, so add it", where, d.Kind)
	}
	if d.Kind != SQL {
		r.reached(path, d)
	}
}

func named[T any](list []T, between string) string {
	texts := make([]string, len(list))
	for i, x := range list {
		texts[i] = fmt.Sprint(x)
	}
	return strings.Join(texts, between)
}

// reached checks how a FHIR source is reached, and reads the keys for it.
func (r *reader) reached(path string, d *draft) {
	has := func(key string) bool { return d.set[key] != nil }
	for _, pair := range [][2]string{{"certificate", "key"}, {"token-url", "client-id"}, {"client-key-id", "client-key"}, {"asid-from", "asid-to"}} {
		for i, key := range pair {
			if other := pair[1-i]; has(key) && !has(other) && key != "client-key" {
				r.at(path, d.set[key], "a source with %s needs %s; add it", key, other)
			}
		}
	}
	for _, key := range []string{"client-secret", "client-key", "scope"} {
		if has(key) && !has("token-url") {
			r.at(path, d.set[key], "a source with %s needs token-url; add it", key)
		}
	}
	if has("token-url") && has("client-secret") == has("client-key") {
		r.at(path, d.set["token-url"], "a source with token-url needs either client-secret or client-key; give one of them")
	}
	for _, key := range []string{"certificate", "roots", "token-url"} {
		for _, e := range []Endpoint{d.FHIR.At, d.FHIR.Documents} {
			if has(key) && (e.Folder != "" || strings.HasPrefix(e.URL, "http://")) {
				r.at(path, d.set[key], "a source with %s needs an https address; correct url and documents, or leave it out", key)
				break
			}
		}
	}
	r.identity(path, d)
}

// identity reads the keys and certificates that identify us to a source.
func (r *reader) identity(path string, d *draft) {
	if d.clientKey != "" {
		data, err := os.ReadFile(d.clientKey)
		if err == nil {
			d.FHIR.Access.Sign, err = fhir.ParseAssertion(data, d.clientKeyID)
		}
		if err != nil {
			r.at(path, d.set["client-key"], "client-key of a source: %w; make one with: openssl genrsa 4096", cause(err))
		}
	}
	if (d.certificate == "") != (d.key == "") || d.certificate == "" && d.roots == "" {
		return
	}
	identity, err := fhir.Identity(d.certificate, d.key, d.roots)
	if err != nil {
		at := d.set["certificate"]
		if at == nil {
			at = d.set["roots"]
		}
		r.at(path, at, "certificate, key and roots of a source: %w; name files in PEM that belong together", err)
		return
	}
	d.FHIR.TLS = identity
}

// besideFolder is beside for a path that may follow fhir-dir:.
func besideFolder(file, text string) string {
	if dir, ok := strings.CutPrefix(text, folder); ok {
		return folder + beside(file, dir)
	}
	return beside(file, text)
}

func (r *reader) checkSources() {
	c := r.config
	seen := map[string]bool{}
	demographics := 0
	for i := range c.Sources {
		s := &c.Sources[i]
		if s.Deadline == 0 {
			s.Deadline = c.Timeouts.Source
		}
		if s.Sector == record.Demographics {
			demographics++
		}
		if s.Sector == "" || s.Organisation == "" {
			continue // already reported
		}
		name := string(s.Sector) + " " + string(s.Organisation)
		if seen[name] {
			r.fault("%s: sources: %s stands there twice; leave one", c.File, name)
		}
		seen[name] = true
		if _, known := c.Directory.Find(string(s.Organisation)); !known && organisationOfSources[string(s.Organisation)] == "" {
			r.fault("%s: sources: %s is not among the organisations; correct the code, or add it to a file named by organisations", c.File, name)
		}
	}
	if len(c.Sources) > 0 && demographics == 0 && r.set["sources.sector"] == "" {
		r.fault("%s: sources: none of DEMOGRAPHICS; without it nobody has a name, so add one", c.File)
	}
}
