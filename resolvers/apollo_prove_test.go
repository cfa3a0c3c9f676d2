//go:build prove

package resolvers_test

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"

	"carerecord/internal/record"
)

// Apollo Client's default settings drop all data of an answer that has an error. With a
// source down it still renders the ward list and the whole record, gaps and all.
func TestApolloClientWithASourceDown(t *testing.T) {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed: install Node.js to run this proof", program)
		}
	}
	d := &badDay{wires: wired(t)}
	d.care = newCare(t, crowd(5, 5))
	server := httptest.NewServer(d.handler)
	t.Cleanup(server.Close)
	source := d.source(t, record.Acute)

	type question struct {
		Query     string         `json:"query"`
		Variables map[string]any `json:"variables"`
	}
	numbers := []string{}
	for i := range 5 {
		numbers = append(numbers, string(numberOf(i)))
	}
	questions := []question{
		{operation(t, "ward-list"), map[string]any{"nhsNumbers": numbers}},
		{operation(t, "full-record"), map[string]any{"nhsNumber": numbers[0]}},
	}
	type rendered struct {
		Data  map[string]any `json:"data"`
		Error string         `json:"error"`
	}
	dir := installed(t, "testdata/apollo")
	asked := func() (all []rendered) {
		t.Helper()
		input, err := json.Marshal(map[string]any{"url": server.URL, "token": d.token(t, "gp", ""), "questions": questions})
		check(t, err)
		node := exec.CommandContext(t.Context(), "node", "ask.mjs")
		node.Dir, node.Stdin, node.Stderr = dir, bytes.NewReader(input), os.Stderr
		output, err := node.Output()
		check(t, err)
		check(t, json.Unmarshal(output, &all))
		if len(all) != 2*len(questions) {
			t.Fatalf("%d answers", len(all))
		}
		for i, a := range all {
			if a.Error != "" || a.Data == nil {
				t.Fatalf("question %d: %s", i, a.Error)
			}
		}
		return all
	}
	gaps := func(list any) int { return len(at(t, list, "gaps").([]any)) }
	shows := func(patient any, missing int) {
		t.Helper()
		allergies, stays := at(t, patient, "allergies"), at(t, patient, "acute", "stays")
		if at(t, allergies, "state") != "RECORDED" || gaps(allergies) != missing || gaps(stays) != missing {
			t.Errorf("allergies %v, stays %v", allergies, stays)
		}
		if want := map[int]string{0: "RECORDED", 1: "UNKNOWN"}[missing]; at(t, stays, "state") != want {
			t.Errorf("stays are %v, want %s", at(t, stays, "state"), want)
		}
		if at(t, patient, "name", "full") == "" || len(at(t, patient, "socialCare", "services", "nodes").([]any)) == 0 {
			t.Error("the rest is not there")
		}
	}
	for missing, set := range []func(){func() {}, d.wire(source).Down} {
		set()
		for i, a := range asked() {
			if i >= 2 { // the whole record
				shows(at(t, a.Data, "patient"), missing)
				continue
			}
			for p := range numbers {
				shows(at(t, a.Data, "patients", p, "patient"), missing)
			}
		}
	}
}

// installed copies a folder and installs what its lock file names.
func installed(t *testing.T, folder string) string {
	t.Helper()
	dir := t.TempDir()
	check(t, os.CopyFS(dir, os.DirFS(folder)))
	npm := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	npm.Dir = dir
	if said, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, said)
	}
	return dir
}
