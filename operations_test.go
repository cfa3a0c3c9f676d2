package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The page for operators names every metric and every alarm, and no others.
func TestOperationsNamesWhatIsTold(t *testing.T) {
	page, err := os.ReadFile("docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{"SOURCE_FOREIGN": true, "SOURCE_MALFORMED": true, "SOURCE_MISMATCHED": true, "OPT_OUT_OVERDUE": true}
	for file, pattern := range map[string]string{
		"internal/telemetry/telemetry.go": `(?:counter\(|Namespace: namespace, Name: )"([a-z_]+)"`,
		"resolvers/resolvers.go":          `Alarm = "([A-Z_]+)"`,
	} {
		source, err := os.ReadFile(filepath.FromSlash(file))
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(pattern).FindAllSubmatch(source, -1)
		if len(found) < 6 {
			t.Errorf("%s has %d", file, len(found))
		}
		for _, name := range found {
			if told[string(name[1])] = true; strings.HasPrefix(pattern, "(?:counter") {
				delete(told, string(name[1]))
				told["carerecord_"+string(name[1])] = true
			}
		}
	}
	for name := range told {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("%s is missing", name)
		}
	}
	for _, name := range regexp.MustCompile("`(carerecord_[a-z_]+)`").FindAllSubmatch(page, -1) {
		if !told[string(name[1])] {
			t.Errorf("there is no %s", name[1])
		}
	}
}
