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
	"slices"
	"strings"
	"testing"
	"time"

	"carerecord/internal/config"
	"carerecord/internal/exclusion"
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
	if c := load(t, ""); c.Log != (config.Log{Format: "text", Level: "warn"}) {
		t.Errorf("%+v", c.Log)
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
		return strings.Replace(s, "  # mode: prefer\n  # dir: documents # example\n", "  mode: any\n  dir: theirs\n", 1)
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
		"":                                     {Addr: config.Address{Host: "127.0.0.1", Port: 9464}},
		"-metrics=":                            {Off: true, Chosen: true},
		"-demo-exposed -metrics 10.0.0.1:9000": {Addr: config.Address{Host: "10.0.0.1", Port: 9000}, Chosen: true},
		"-metrics 127.0.0.1:9464":              {Addr: config.Address{Host: "127.0.0.1", Port: 9464}, Chosen: true},
	} {
		if c := load(t, line); c.Metrics != want {
			t.Errorf("%q: %+v", line, c.Metrics)
		}
	}
	if _, err := config.Load(none, []string{"-metrics", "0.0.0.0:9464"}); err == nil || !strings.Contains(err.Error(), "metrics 0.0.0.0:9464 can be reached from other machines") {
		t.Errorf("the demonstration's can be reached: %v", err)
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
		"load /nowhere/at/all":             {"load: /nowhere/at/all cannot be read (no such file or directory)"},
		"load":                             {"load needs the folder to read"},
		"token nobody":                     {`token: no persona "nobody"; there are gp`},
		"audit verify now":                 {"audit verify, or audit export"},
		"audit check":                      {"audit verify, or audit export"},
		"receipt":                          {"write: receipt verify FILE"},
		"receipt check answer.json":        {"write: receipt verify FILE"},
		"receipt verify":                   {"receipt verify needs the file that holds the answer"},
		"receipt verify /nowhere":          {"receipt verify: /nowhere cannot be read (no such file or directory)"},
		"access-report":                    {"access-report needs an NHS number"},
		"access-report 9990000019":         {"access-report: "},
		"access-report 999 000 0018":       {`leave out "000 0018"`, "access-report: "},
		"-org RAL":                         {"-org does not belong to the demonstration (no command)"},
		"residents -csv=perhaps":           {`-csv: "perhaps" is neither true nor false`},
		"audit export -config /nowhere":    {"-config: /nowhere cannot be read (no such file or directory)"},
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

// What belongs to the real service is not mixed with what a demonstration keeps: audit verify compared the checkpoints of
// one with the trail of the other.
func TestTheServiceOrADemonstration(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"config.yml": "database: {dsn: 'postgres://u@h/d'}\n", "answer.json": "{}"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range []string{"audit verify", "audit export", "access-report 9990000018", "receipt verify " + filepath.Join(dir, "answer.json")} {
		_, err := config.Load(none, append(strings.Fields(line), "-config", filepath.Join(dir, "config.yml"), "-data", dir))
		if err == nil || !strings.Contains(err.Error(), "-config names the real service and -data a demonstration; leave one out") {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestEachCommandTakesItsOwn(t *testing.T) {
	dir := t.TempDir()
	answer := filepath.Join(dir, "answer.json")
	if err := os.WriteFile(answer, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	type told struct {
		command        config.Command
		folder, answer string
		patient        record.NHSNumber
		csv            bool
	}
	for line, want := range map[string]told{
		"load " + dir:                {command: config.LoadFolder, folder: dir},
		"audit verify":               {command: config.Audit},
		"audit export":               {command: config.AuditExport},
		"receipt verify " + answer:   {command: config.Receipt, answer: answer},
		"access-report 999-000-0018": {command: config.AccessReport, patient: "9990000018"},
		"access-report -":            {command: config.AccessReport}, // from the input
		"schema":                     {command: config.Schema},
		"residents -csv":             {command: config.Residents, csv: true},
		"residents -csv=no":          {command: config.Residents},
	} {
		c := load(t, line)
		if got := (told{c.Command, c.Folder, c.Answer, c.Patient, c.CSV}); got != want {
			t.Errorf("%s: %+v, want %+v", line, got, want)
		}
		if c.Exclusions != nil {
			t.Errorf("%s: what is never shown is read for nothing", line)
		}
	}
}

func TestWhatIsUnknownShowsTheUsage(t *testing.T) {
	for _, line := range []string{"help", "-h", "token --help", "dance", "-dance"} {
		if _, err := config.Load(none, strings.Fields(line)); !errors.Is(err, config.ErrUsage) {
			t.Errorf("%s: %v", line, err)
		}
	}
	for _, line := range []string{"-h", "-help", "--help", "help", "token gp -h", "token gp --help", "serve -h", "-h -addr nowhere"} {
		if _, err := config.Load(none, strings.Fields(line)); err == nil || err.Error() != config.ErrUsage.Error() {
			t.Errorf("%s, which is no fault: %v", line, err)
		}
	}
	const all = "serve, token, residents, load, audit verify, audit export, access-report, receipt verify, schema"
	if _, err := config.Load(none, []string{"dance"}); err == nil || !strings.Contains(err.Error(), `there is no command "dance", there are `+all+";") {
		t.Errorf("%v", err)
	}
	usage := config.Usage("carerecord")
	for _, text := range []string{
		"Usage: carerecord [command] [flags]\n\n", "\nFlags may stand anywhere.", "  serve -config FILE ", "  -demo-exposed ", "let the demonstration be reached from other machines [demo]\n",
		"  -limits-patients NUMBER ", "patients of one request (500) [demo, serve]\n", "  -documents MODE ",
	} {
		if !strings.Contains(usage, text) {
			t.Errorf("no %q in the usage", text)
		}
	}
	for _, command := range strings.Split(all, ", ") {
		if !strings.Contains(usage, "\n  "+command) {
			t.Errorf("%s is not in the usage", command)
		}
	}
	if strings.Contains(usage, "-secrets-ids") {
		t.Error("a line of the file is among the flags")
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
	if c.Log != (config.Log{Format: "json", Level: "info"}) || c.Policy == nil || c.Exclusions == nil || len(c.Secrets.IDs) != 40 || c.SignIn.Keys.URL == "" {
		t.Errorf("%+v %+v", c.Log, c.SignIn)
	}
}

func TestTheExampleNamesEverySetting(t *testing.T) {
	uncomment := regexp.MustCompile(`(?m)^( *)# ([a-z][a-z-]*: (\S+|"[^"]*"))(?: # example.*)?$`)
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
	keys := config.FileKeys()
	if !slices.Contains(keys, "secrets.ids") || slices.Contains(keys, "csv") {
		t.Errorf("%v", keys)
	}
	for _, key := range keys {
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

// least is what serve cannot do without.
const least = `
database:
  dsn: postgres://a@h/own
sign-in:
  issuer: https://idp.example
  audience: carerecord
  keys: https://idp.example/jwks
secrets:
  ids: secret-ids
  cursors: secret-cursors
  signing: signing.pem
sources:
  - sector: DEMOGRAPHICS
    organisation: X26
    dsn: postgres://a@h/b
`

// faultsOf are the faults of a configuration file for a command, in order.
func faultsOf(t *testing.T, text, line string) config.Faults {
	t.Helper()
	path := example(t, func(string) string { return text })
	c, err := config.Load(none, append(strings.Fields(line), "-config", path))
	var faults config.Faults
	if err != nil && !errors.As(err, &faults) || (err == nil) != (c != nil) {
		t.Fatal(err)
	}
	return faults
}

// Nothing is said of a setting but what is wrong with it.
func TestEachFaultIsToldOnce(t *testing.T) {
	const open = "sources:\n  - sector: DEMOGRAPHICS\n    organisation: X26\n    dsn: postgres://a@h/b\n"
	instead := func(sources string) string { return strings.Replace(least, open, sources, 1) }
	missing := []string{
		"database.dsn is missing", "secrets.cursors is missing", "secrets.ids is missing", "secrets.signing is missing",
		"sign-in.audience is missing", "sign-in.issuer is missing", "sign-in.keys is missing", "sources is missing",
	}
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"nothing":                      {least, nil},
		"an empty file":                {"", missing},
		"only a comment":               {"# addr: 127.0.0.1:1\n", missing},
		"a text":                       {"addr", append([]string{"line 1: the file is to have settings below it"}, missing...)},
		"two documents":                {least + "---\n# nothing\n", []string{"holds several documents"}},
		"a level that is none":         {least + "limits: 3\n", []string{"line 16: limits is to have settings below it"}},
		"a level with nothing in it":   {least + "limits:\n", nil},
		"a list for a value":           {least + "addr: [a]\n", []string{"line 16: addr takes one value: HOST:PORT"}},
		"nothing for a value":          {least + "exclusions:\n", []string{"line 16: exclusions takes one value: FILE"}},
		"a name":                       {least + "adr: 127.0.0.1:1\n", []string{"there is no setting adr; the file has sources, addr, database, sign-in, secrets"}},
		"a name in a level":            {least + "log:\n  levle: info\n", []string{"there is no setting log.levle; log has format, level"}},
		"a flag in the file":           {least + "csv: true\n", []string{"there is no setting csv"}},
		"a DSN":                        {strings.Replace(least, "postgres://a@h/own", "h", 1), []string{"line 3: database.dsn: it is not a DSN"}},
		"a secret that is not there":   {strings.Replace(least, "secret-ids", "nowhere", 1), []string{"line 9: secrets.ids: "}},
		"one secret for two":           {strings.Replace(least, "secret-ids", "secret-cursors", 1), []string{"secrets.ids and secrets.cursors are the same"}},
		"the form's, for ids":          {strings.Replace(least, "secrets:\n", "secrets:\n  forms: secret-ids\n", 1), []string{"secrets.ids and secrets.forms are the same"}},
		"the form's, for cursors":      {strings.Replace(least, "secrets:\n", "secrets:\n  forms: secret-cursors\n", 1), []string{"secrets.cursors and secrets.forms are the same"}},
		"sources that are no list":     {instead("sources: RAL\n"), []string{"line 12: sources is a list; begin each source with a hyphen"}},
		"an empty list of sources":     {instead("sources: []\n"), []string{"line 12: sources is empty; add one"}},
		"a source that is a name":      {instead("sources:\n  - X26\n"), []string{"line 13: a source has the lines sector, organisation"}},
		"a list in a source":           {instead(open + "    pool: [3]\n"), []string{"line 16: pool of a source takes one value"}},
		"a source without a sector":    {instead(open + "  - organisation: ZZZ99\n    dsn: postgres://a@h/c\n"), []string{"line 16: a source has no sector; add it"}},
		"one without an organisation":  {instead(open + "  - sector: GP\n    dsn: postgres://a@h/c\n"), []string{"line 16: a source has no organisation; add it"}},
		"demographics of nobody":       {instead(strings.Replace(open, "X26", "x26", 1)), []string{"line 14: organisation of a source: \"x26\" is not an ODS code"}},
		"a sector that is none":        {instead("sources:\n  - sector: PATIENTS\n    organisation: X26\n    dsn: postgres://a@h/b\n"), []string{"line 13: sector of a source: "}},
		"an organisation that is none": {instead(open + "  - sector: GP\n    organisation: ZZZ99\n    dsn: postgres://a@h/c\n"), []string{"ZZZ99 is not among the organisations"}},
		"one source twice":             {instead(open + strings.TrimPrefix(open, "sources:\n")), []string{"DEMOGRAPHICS X26 stands there twice"}},
		"nobody's name":                {instead(strings.NewReplacer("DEMOGRAPHICS", "GP", "X26", "F83999").Replace(open)), []string{"none of DEMOGRAPHICS; without it nobody has a name"}},
		"a certificate for SQL":        {instead(open + "    certificate: spine.pem\n"), []string{"line 16: certificate does not belong to a source of kind sql"}},
	} {
		t.Run(name, func(t *testing.T) {
			faults := faultsOf(t, tt.text, "serve")
			if len(faults) != len(tt.want) {
				t.Fatalf("%d faults, want %d:\n%v", len(faults), len(tt.want), errors.Join(faults...))
			}
			for i, want := range tt.want {
				if !strings.Contains(faults[i].Error(), want) {
					t.Errorf("%v, want %q", faults[i], want)
				}
			}
		})
	}
}

// A trail that is looked at with the settings of the service is the service's own, and
// not that of a database which the environment happens to name.
func TestATrailHasItsDatabase(t *testing.T) {
	for line, want := range map[string]string{
		"audit verify": "database.dsn is missing, secrets.signing is missing", "audit export": "database.dsn is missing", "access-report 9990000018": "database.dsn is missing",
	} {
		var got []string
		for _, fault := range faultsOf(t, "addr: 127.0.0.1:1\n", line) {
			_, said, _ := strings.Cut(fault.Error(), ".yml: ")
			got = append(got, strings.TrimSuffix(said, "; add it"))
		}
		if said := strings.Join(got, ", "); said != want {
			t.Errorf("%s: %s, want %s", line, said, want)
		}
		if faults := faultsOf(t, least, line); faults != nil {
			t.Errorf("%s: %v", line, faults)
		}
		load(t, line) // of the demonstration
	}
}

func TestWhatTheFileNamesStandsInPlaceOfWhatIsBuiltIn(t *testing.T) {
	policy, err := os.ReadFile("../consent/policy.json")
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile("../exclusion/exclusions.csv")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"policy.json":       strings.Replace(string(policy), `"version": "`, `"version": "theirs `, 1),
		"exclusions.csv":    string(list) + "SEXUAL_HEALTH,snomed,72313002,theirs,theirs,*\n",
		"organisations.csv": "ods_code,name,role,valid_from,valid_to,successor,gss_code,invented\nTHEIRS,Theirs,COUNCIL,,,,,\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := example(t, func(string) string {
		return least + "    deadline: 1s\n  - {sector: SOCIAL_CARE, organisation: THEIRS, dsn: postgres://a@h/c}\n" +
			"policy: " + dir + "/policy.json\nexclusions: " + dir + "/exclusions.csv\norganisations: " + dir + "/organisations.csv\n" +
			"opt-out:\n  freepost: |\n    FREEPOST EXAMPLE\n    Line two\ntimeouts:\n  source: 7s\n"
	})
	c, err := config.Load(none, []string{"serve", "-config", path, "-log-level", "error"})
	if err != nil {
		t.Fatal(err)
	}
	if _, there := c.Directory.Find("THEIRS"); !there || len(c.Directory.All()) != 1 {
		t.Errorf("organisations: %v", c.Directory.All())
	}
	if !strings.HasPrefix(c.Policy.Version, "theirs ") || c.Exclusions.Version() == exclusion.Default().Version() {
		t.Errorf("policy %s, exclusions %s", c.Policy.Version, c.Exclusions.Version())
	}
	if string(c.Database.DSN) != "postgres://a@h/own" || c.OptOut.Freepost != "FREEPOST EXAMPLE\nLine two" || c.Log != (config.Log{Format: "json", Level: "error"}) {
		t.Errorf("%s, %q, %+v", string(c.Database.DSN), c.OptOut.Freepost, c.Log)
	}
	if c.Sources[0].Deadline != time.Second || c.Sources[1].Deadline != 7*time.Second {
		t.Errorf("deadlines %v and %v", c.Sources[0].Deadline, c.Sources[1].Deadline)
	}
}

func TestYAMLThatIsNone(t *testing.T) {
	path := example(t, func(string) string { return "database:\n  dsn: \"postgres://u:hunter2@h\n addr: [" })
	_, err := config.Load(none, []string{"serve", "-config", path})
	if err == nil || !strings.HasSuffix(err.Error(), ", line 2, is not YAML: could not find end character of double-quoted text") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}

// A file that begins with a byte order mark, as some editors write it, is read like any other.
func TestAByteOrderMark(t *testing.T) {
	if _, err := config.Load(environment, []string{"serve", "-config", example(t, func(s string) string { return "\ufeff" + s })}); err != nil {
		t.Error(err)
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

// What would fail later, or do nothing, is a fault with the rest.
func TestSettingsThatWouldFailLater(t *testing.T) {
	for name, c := range map[string]struct {
		change [2]string
		flags  string
		want   string
	}{
		"a setting in two places":  {[2]string{"secrets:\n", "sign-in.issuer: https://other.example\nsecrets:\n"}, "", "sign-in.issuer stands here twice"},
		"a password to the keys":   {[2]string{"keys: https://sign-in", "keys: https://user:word@sign-in"}, "", "it holds a password"},
		"no header":                {[2]string{}, "-opt-out-client-header X-Forwarded-For:", "is not the name of a header"},
		"letters of no header":     {[2]string{}, "-opt-out-client-header täst", "is not the name of a header"},
		"a million years":          {[2]string{}, "-audit-keep-months 999999999", "months are too many"},
		"answers that are cut off": {[2]string{}, "-timeouts-write 15s -timeouts-request 15s", "timeouts.write (15s) would cut off answers that timeouts.request (15s) still allows"},
	} {
		path := example(t, func(s string) string { return strings.Replace(s, c.change[0], c.change[1], 1) })
		_, err := config.Load(environment, append([]string{"serve", "-config", path}, strings.Fields(c.flags)...))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	path := example(t, func(s string) string { return strings.Replace(s, "  signing:", "  # signing:", 1) })
	if _, err := config.Load(environment, []string{"receipt", "verify", "-config", path}); err == nil || !strings.Contains(err.Error(), "secrets.signing is missing") {
		t.Errorf("receipts without a key: %v", err)
	}
}
