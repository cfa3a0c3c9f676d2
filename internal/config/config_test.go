package config_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"carerecord/internal/config"
	"carerecord/internal/record"
)

func none(string) string { return "" }

func load(t *testing.T, line string) *config.Config {
	t.Helper()
	c, err := config.Load(none, strings.Fields(line))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return c
}

func TestFlagsStandBeforeAndAfterArguments(t *testing.T) {
	for _, line := range []string{
		"token gp -org RAL -expires 1h", "-org RAL token -expires=1h gp", "--org=RAL -expires 1h token gp", "token -org RAL -expires 1h -- gp",
	} {
		c := load(t, line)
		if c.Command != config.Token || c.Persona != "gp" || c.Org != "RAL" || c.Expires != time.Hour {
			t.Errorf("%s: %v %q %q %v", line, c.Command, c.Persona, c.Org, c.Expires)
		}
	}
	if c := load(t, "-addr localhost:9000 audit -data there verify"); c.Command != config.Audit || c.Data != "there" || c.Addr.Port != 9000 {
		t.Errorf("%+v", c)
	}
}

func TestWithoutACommandItIsTheDemonstration(t *testing.T) {
	c := load(t, "")
	if c.Command != config.Demo || c.Addr.String() != "127.0.0.1:8080" || c.Policy == nil || c.Exclusions == nil || c.Directory == nil || c.Limits.Patients != 500 {
		t.Errorf("%+v", c)
	}
	if c := load(t, "-limits-patients 20 -limits-body 1MiB"); c.Limits.Patients != 20 || c.Limits.Body != 1<<20 {
		t.Errorf("%+v", c.Limits)
	}
}

func TestWhichDocumentsAreAnswered(t *testing.T) {
	if c := load(t, ""); c.Documents != (config.Documents{Mode: config.Prefer}) {
		t.Errorf("by itself %+v", c.Documents)
	}
	dir := t.TempDir()
	if c := load(t, "-documents only -documents-dir "+dir); c.Documents != (config.Documents{Mode: config.Only, Dir: dir}) {
		t.Errorf("by flags %+v", c.Documents)
	}
	for line, want := range map[string]string{
		"-documents some":          `"some" is none of only, prefer, any`,
		"-documents-dir /nowhere":  "no such file",
		"-documents-mode only":     "there is no flag -documents-mode",
		"token gp -documents only": "-documents does not belong to token",
	} {
		if _, err := config.Load(none, strings.Fields(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", line, err)
		}
	}
	path := example(t, func(s string) string {
		return strings.Replace(s, "  # mode: prefer\n  # dir: documents\n", "  mode: any\n  dir: theirs\n", 1)
	})
	if err := os.Mkdir(filepath.Join(filepath.Dir(path), "theirs"), 0o700); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]config.Mode{"": config.Any, " -documents only": config.Only} {
		c, err := config.Load(environment, strings.Fields("serve -config "+path+line))
		if err != nil || c.Documents != (config.Documents{Mode: want, Dir: filepath.Join(filepath.Dir(path), "theirs")}) {
			t.Errorf("from the file%s: %v", line, err)
		}
	}
}

func TestTheDemonstrationStaysOnThisMachine(t *testing.T) {
	for _, addr := range []string{":8080", "0.0.0.0:8080", "192.0.2.1:8080", "[::]:8080", "demo.example:80"} {
		if _, err := config.Load(none, []string{"-addr", addr}); err == nil || !strings.Contains(err.Error(), "-demo-exposed") {
			t.Errorf("%s: %v", addr, err)
		}
		load(t, "-demo-exposed -addr "+addr)
	}
	for _, addr := range []string{"127.0.0.2:8080", "localhost:8080", "[::1]:0"} {
		load(t, "-addr "+addr)
	}
}

func TestWhereMetricsAnswer(t *testing.T) {
	for line, want := range map[string]config.Metrics{
		"":                        {Addr: config.Address{Host: "127.0.0.1", Port: 9464}},
		"-metrics=":               {Off: true, Chosen: true},
		"-metrics 10.0.0.1:9000":  {Addr: config.Address{Host: "10.0.0.1", Port: 9000}, Chosen: true},
		"-metrics 127.0.0.1:9464": {Addr: config.Address{Host: "127.0.0.1", Port: 9464}, Chosen: true},
	} {
		if c := load(t, line); c.Metrics != want {
			t.Errorf("%q: %+v", line, c.Metrics)
		}
	}
	path := example(t, func(s string) string { return strings.Replace(s, "# metrics: 127.0.0.1:9464", `metrics: ""`, 1) })
	if c, err := config.Load(environment, []string{"serve", "-config", path}); err != nil || !c.Metrics.Off {
		t.Errorf("from the file: %v", err)
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	for line, want := range map[string][]string{
		"token -org ral -expires never -csv":       {"needs a persona", `"ral" is not an ODS code`, `"never" is not a length`, "-csv does not belong to token"},
		"-addr here -postgres-fetch-url http://x/": {`"here" is not an address`, "go together"},
		"serve":                            {"add -config FILE"},
		"audit":                            {"audit verify"},
		"residents please":                 {`takes no "please"`},
		"token gp nurse":                   {`leave out "nurse"`},
		"token gp -org":                    {"-org needs a value"},
		"token gp -org RAL -org RRV":       {"twice"},
		"load /nowhere/at/all":             {"no such file"},
		"-limits-patients 0 -metrics true": {"whole number", "127.0.0.1:9464, or leave it empty"},
	} {
		_, err := config.Load(none, strings.Fields(line))
		var faults config.Faults
		if !errors.As(err, &faults) || len(faults) != len(want) {
			t.Errorf("%s: %v", line, err)
			continue
		}
		for _, text := range want {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%s: no %q in\n%v", line, text, err)
			}
		}
	}
}

func TestWhatIsUnknownShowsTheUsage(t *testing.T) {
	for _, line := range []string{"help", "-h", "token --help", "dance", "-dance"} {
		if _, err := config.Load(none, strings.Fields(line)); !errors.Is(err, config.ErrUsage) {
			t.Errorf("%s: %v", line, err)
		}
	}
	usage := config.Usage("carerecord")
	for _, text := range []string{"serve -config FILE", "-limits-patients NUMBER", "-demo-exposed"} {
		if !strings.Contains(usage, text) {
			t.Errorf("no %q in the usage", text)
		}
	}
}

// example is the annotated example with its files beside it.
func example(t *testing.T, change func(string) string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/config.example.yml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, data := range map[string]string{"ids": strings.Repeat("a", 40), "cursors": strings.Repeat("b", 40)} {
		if err := os.WriteFile(filepath.Join(dir, "secret-"+name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "signing.pem"), signingKey(t), 0o600); err != nil {
		t.Fatal(err)
	}
	earlier := `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"before","x":"` + base64.RawURLEncoding.EncodeToString(make([]byte, ed25519.PublicKeySize)) + `"}]}`
	if err := os.WriteFile(filepath.Join(dir, "earlier-keys.json"), []byte(earlier), 0o600); err != nil {
		t.Fatal(err)
	}
	writeKeys(t, dir)
	path := filepath.Join(dir, "config.yml")
	changed := change(strings.ReplaceAll(string(text), "/etc/carerecord/", ""))
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func signingKey(t *testing.T) []byte {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed([]byte("a seed of 32 bytes for the tests")))
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
}

func environment(name string) string {
	if strings.HasSuffix(name, "PASSWORD") {
		return "s%21cret"
	}
	return "postgres://reader:pw@127.0.0.1:1/" + strings.ToLower(name)
}

func TestTheExampleLoads(t *testing.T) {
	path := example(t, func(s string) string { return s })
	c, err := config.Load(environment, []string{"serve", "-config", path, "-addr", "127.0.0.1:9999"})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Sources) != 8 || c.Sources[1].Sector != record.Acute || c.Sources[1].Pool != 16 || c.Sources[3].Deadline != 2*time.Second {
		t.Errorf("sources %+v", c.Sources)
	}
	if c.Addr.Port != 9999 {
		t.Errorf("the flag does not stand before the line: %v", c.Addr)
	}
	if got := string(c.Sources[1].DSN); !strings.Contains(got, "reader:s%21cret@ral") {
		t.Errorf("DSN %s", got)
	}
	if c.Log.Format != "json" || len(c.Secrets.IDs) != 40 || c.SignIn.Keys.URL == "" {
		t.Errorf("%+v %+v", c.Log, c.SignIn)
	}
}

func TestTheExampleNamesEverySetting(t *testing.T) {
	uncomment := regexp.MustCompile(`(?m)^( *)# ([a-z][a-z-]*: (\S+|"[^"]*"))$`)
	path := example(t, func(s string) string { return uncomment.ReplaceAllString(s, "$1$2") })
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range config.SourceKeys() {
		if !regexp.MustCompile(`(?m)^  (- |  )` + key + `: \S`).Match(text) {
			t.Errorf("the example does not name %s of a source", key)
		}
	}
	for _, key := range config.FileKeys() {
		last := key[strings.LastIndex(key, ".")+1:]
		if !regexp.MustCompile(`(?m)^ *` + last + `: \S`).Match(text) {
			t.Errorf("the example does not name %s", key)
		}
	}
	_, err = config.Load(environment, []string{"serve", "-config", path})
	var faults config.Faults
	if !errors.As(err, &faults) || len(faults) != 5 { // the four files and the folder it names are not there
		t.Errorf("uncommented: %v", err)
	}
}

func TestFaultsOfTheFileNameTheirLine(t *testing.T) {
	path := example(t, func(string) string {
		return `addr: nowhere
datbase:
  dsn: x
sign-in:
  issuer: [a]
  keys: http://keys.example/jwks
limits:
  patients: many
  speed: 3
sources:
  - sector: DENTAL
    organisation: nobody
    dsn: ${MISSING}
    retries: 3
  - sector: ACUTE
    organisation: ZZZ99
    dsn: "postgres://u:secret@h:notaport/x"
secrets:
  ids: nothing-here
`
	})
	_, err := config.Load(none, []string{"serve", "-config", path})
	if err == nil {
		t.Fatal("no fault")
	}
	for _, want := range []string{
		"line 1: addr:", "line 2: there is no setting datbase", "line 5: sign-in.issuer takes one value", "line 6: sign-in.keys: it is not an https address",
		"line 8: limits.patients", "line 9: there is no setting limits.speed; limits has patients",
		"line 11: sector of a source", "line 12: organisation of a source", "line 13: dsn of a source: MISSING is not set",
		"line 14: a source has no setting retries", "ACUTE ZZZ99 is not among the organisations", "line 17: dsn of a source: it is not a DSN",
		"line 19: secrets.ids", "database.dsn is missing", "sign-in.audience is missing", "secrets.cursors is missing",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "secret@") {
		t.Errorf("a password in\n%v", err)
	}
}

func TestYAMLThatIsNone(t *testing.T) {
	path := example(t, func(string) string { return "database:\n  dsn: \"postgres://u:hunter2@h\n addr: [" })
	_, err := config.Load(none, []string{"serve", "-config", path})
	if err == nil || !strings.Contains(err.Error(), "is not YAML") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}

func TestASecretAndADSNDoNotPrint(t *testing.T) {
	c, err := config.Load(environment, []string{"serve", "-config", example(t, func(s string) string { return s })})
	if err != nil {
		t.Fatal(err)
	}
	if text := c.Sources[1].DSN.String() + " " + c.Database.DSN.String(); strings.Contains(text, "cret") || strings.Contains(text, "pw") {
		t.Error(text)
	}
}
