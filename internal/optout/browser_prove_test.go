//go:build prove

package optout

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestInABrowser runs web/check.mjs: WCAG 2.2 AA by axe in every language, at 320
// pixels, in print, and the form sent without script. OPTOUT_SCREENSHOTS names a
// folder for pictures.
func TestInABrowser(t *testing.T) {
	browser := os.Getenv("CHROMIUM")
	if browser == "" {
		browser = "chromium"
	}
	chromium, err := exec.LookPath(browser)
	if err != nil {
		t.Skip("no Chromium: install it, or name it in CHROMIUM")
	}
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("no %s: install Node 20", program)
		}
	}
	if _, err := os.Stat(filepath.Join("web", "node_modules", "axe-core", "axe.min.js")); err != nil {
		run(t, exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts"))
	}
	o := options(&queue{})
	free := Rate{PerHour: 1_000_000, Burst: 1000}
	o.Limits, o.Now = Limits{AddressTries: free, AddressRequests: free, Tries: free, Requests: free}, nil
	o.Freepost = "FREEPOST EXAMPLE\nLine two"
	handler, err := Handler(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	check := exec.CommandContext(t.Context(), "node", "check.mjs", server.URL+Path)
	if folder := os.Getenv("OPTOUT_SCREENSHOTS"); folder != "" {
		check.Args = append(check.Args, folder)
	}
	check.Env = append(os.Environ(), "CHROMIUM="+chromium)
	run(t, check)
}

func run(t *testing.T, c *exec.Cmd) {
	t.Helper()
	c.Dir = "web"
	output, err := c.CombinedOutput()
	t.Logf("%s", output)
	if err != nil {
		t.Fatalf("%v: %v", c.Args, err)
	}
}
