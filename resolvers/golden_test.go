package resolvers_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"carerecord/internal/postgres"
	"carerecord/internal/record"
	"carerecord/resolvers"
)

var update = flag.Bool("update", false, "rewrite the answers in testdata")

// A scene is a file of testdata: who asks, what is down, what is asked and what is
// answered. Where several callers are listed, all are answered alike.
type scene struct {
	archive   *txtar.Archive
	callers   []string
	down      map[string]error
	query     string
	variables json.RawMessage
}

// testAnswers asks what stands in testdata.
func testAnswers(t *testing.T, c *care) {
	files, err := filepath.Glob("testdata/*.txtar")
	check(t, err)
	if len(files) == 0 {
		t.Fatal("nothing in testdata")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			s := readScene(t, file)
			asked := c.with(t, func(*resolvers.Options) {}) // with sources nobody has asked yet
			asked.down = s.down
			for i, caller := range s.callers {
				persona, org, _ := strings.Cut(caller, " ")
				got := s.ask(t, asked, persona, org)
				asked.quiet(t)
				if *update && i == 0 {
					s.rewrite(t, file, got)
				}
				if diff := cmp.Diff(s.section("answer.json"), got); diff != "" {
					t.Errorf("%s gets another answer (-update rewrites it):\n%s", caller, diff)
				}
			}
		})
	}
}

func readScene(t *testing.T, file string) *scene {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	check(t, err)
	s := &scene{archive: archive, callers: words(t, archive, "caller"), down: map[string]error{}, query: content(archive, "query.graphql")}
	if operation := strings.TrimSpace(content(archive, "operation")); operation != "" {
		text, err := os.ReadFile("../operations/" + operation + ".graphql")
		check(t, err)
		s.query = string(text)
	}
	if variables := content(archive, "variables.json"); variables != "" {
		s.variables = json.RawMessage(variables)
	}
	for _, line := range words(t, archive, "down") {
		part := strings.Fields(line)
		name := strings.ToUpper(strings.ReplaceAll(part[0], "-", "_")) + "/" + part[1]
		switch strings.Join(part[2:], " ") {
		case "":
			s.down[name] = fmt.Errorf("%w: in the tests", record.ErrUnavailable)
		case "timeout":
			s.down[name] = fmt.Errorf("%w: in the tests", record.ErrTimeout)
		case "refused":
			s.down[name] = fmt.Errorf("%w: in the tests", postgres.ErrRefused)
		default:
			t.Fatalf("%s: %q", file, line)
		}
	}
	if len(s.callers) == 0 || s.query == "" || !strings.HasSuffix(strings.TrimSpace(string(archive.Comment)), ".") {
		t.Fatalf("%s has no caller, no question or no sentence at its head", file)
	}
	return s
}

func content(archive *txtar.Archive, name string) string {
	for _, f := range archive.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

// words are the lines of a section.
func words(t *testing.T, archive *txtar.Archive, name string) []string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(content(archive, name)) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func (s *scene) section(name string) string { return content(s.archive, name) }

// cursors are of use to one caller only; in testdata there are none.
var cursors = regexp.MustCompile(`"((?:start|end)?[cC]ursor)":"[^"]+"`)

func (s *scene) ask(t *testing.T, c *care, persona, org string) string {
	t.Helper()
	a := c.ask(t, persona, org, s.query, s.variables)
	return pretty(t, cursors.ReplaceAll(a.Body, []byte(`"$1":"…"`)))
}

func (s *scene) rewrite(t *testing.T, file, answer string) {
	t.Helper()
	s.archive.Files = slices.DeleteFunc(s.archive.Files, func(f txtar.File) bool { return f.Name == "answer.json" })
	s.archive.Files = append(s.archive.Files, txtar.File{Name: "answer.json", Data: []byte(answer)})
	check(t, os.WriteFile(file, txtar.Format(s.archive), 0o644))
}

// width is the longest line that pretty makes of what could stand on several.
const width = 140

// pretty is JSON for reading: what fits on a line stands on one.
func pretty(t *testing.T, text []byte) string {
	t.Helper()
	var flat bytes.Buffer
	check(t, json.Compact(&flat, text))
	var b strings.Builder
	write(t, &b, flat.Bytes(), "")
	b.WriteByte('\n')
	return b.String()
}

func write(t *testing.T, b *strings.Builder, text []byte, indent string) {
	t.Helper()
	if len(text)+len(indent) <= width && len(indent) > 0 || text[0] != '{' && text[0] != '[' {
		b.WriteString(spaced(text))
		return
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	_, err := decoder.Token()
	check(t, err)
	deeper := indent + "  "
	for i := 0; decoder.More(); i++ {
		if i > 0 {
			b.WriteByte(',')
		} else {
			b.WriteByte(text[0])
		}
		b.WriteString("\n" + deeper)
		if text[0] == '{' {
			key, err := decoder.Token()
			check(t, err)
			fmt.Fprintf(b, "%q: ", key)
		}
		var value json.RawMessage
		check(t, decoder.Decode(&value))
		write(t, b, value, deeper)
	}
	b.WriteString("\n" + indent + string(text[len(text)-1]))
}

// spaced puts a space after the commas and colons of compact JSON.
func spaced(text []byte) string {
	var b strings.Builder
	inside := false
	for i, c := range text {
		b.WriteByte(c)
		switch {
		case c == '"' && (i == 0 || text[i-1] != '\\' || i > 1 && text[i-2] == '\\'):
			inside = !inside
		case !inside && (c == ',' || c == ':'):
			b.WriteByte(' ')
		}
	}
	return b.String()
}
