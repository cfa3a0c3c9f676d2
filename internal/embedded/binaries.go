package embedded

import (
	"cmp"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// oldest is the first major version that has all that is used here.
const oldest = 13

// An installation is a folder with PostgreSQL's programs.
type installation struct {
	dir     string
	version string
	major   int
}

// usualFolders hold PostgreSQL where packages put it, without adding it to PATH.
var usualFolders = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
	"/Library/PostgreSQL/*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
	"/usr/local/pgsql/bin",
}

// locate finds PostgreSQL for an account, of a major version if that is not 0.
func locate(ctx context.Context, o Options, a account, major int) (installation, error) {
	var reasons []string
	for _, dir := range candidates(o) {
		found, err := inspect(ctx, dir, a)
		switch {
		case err != nil:
			reasons = append(reasons, err.Error())
		case major != 0 && found.major != major:
			reasons = append(reasons, fmt.Sprintf("%s is version %s", dir, found.version))
		default:
			return found, nil
		}
	}
	if o.Bin == "" {
		found, err := fetched(ctx, o, a, major)
		if err == nil {
			return found, nil
		}
		reasons = append(reasons, err.Error())
	}
	return installation{}, missing(major, reasons)
}

func missing(major int, reasons []string) error {
	why := strings.Join(reasons, "; ")
	if major != 0 {
		return fmt.Errorf("%w: it needs PostgreSQL %d (%s): install that version, or use another data directory", ErrVersion, major, why)
	}
	return fmt.Errorf("%w (%s): install it (%s)", ErrNoPostgreSQL, why, advice())
}

func advice() string {
	if runtime.GOOS == "darwin" {
		return "brew install postgresql@17"
	}
	return "apt-get install postgresql, or the like"
}

// candidates lists the folders to look in, the first to be preferred.
func candidates(o Options) []string {
	if o.Bin != "" {
		return []string{o.Bin}
	}
	var dirs []string
	if program, err := exec.LookPath("postgres"); err == nil {
		if program, err = filepath.EvalSymlinks(program); err == nil {
			dirs = append(dirs, filepath.Dir(program))
		}
	}
	for _, pattern := range usualFolders {
		found, _ := filepath.Glob(pattern)
		slices.SortFunc(found, newestFirst)
		for _, dir := range found {
			if !slices.Contains(dirs, dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}

var digits = regexp.MustCompile(`\d+`)

func newestFirst(a, b string) int {
	return cmp.Compare(number(b), number(a))
}

func number(dir string) int {
	n, _ := strconv.Atoi(digits.FindString(dir))
	return n
}

// versionPattern is what postgres --version prints: "postgres (PostgreSQL) 15.18 (Debian …)".
var versionPattern = regexp.MustCompile(`\(PostgreSQL\) ((\d+)[^\s]*)`)

// inspect says which PostgreSQL is in a folder, or why it cannot be used.
func inspect(ctx context.Context, dir string, a account) (installation, error) {
	for _, program := range []string{"initdb", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(dir, program)); err != nil {
			return installation{}, fmt.Errorf("%s has no %s", dir, program)
		}
	}
	if err := a.reach(dir); err != nil {
		return installation{}, err
	}
	command := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version")
	command.Env = environment()
	output, err := command.Output()
	if err != nil {
		return installation{}, fmt.Errorf("%s/postgres does not run: %w", dir, err)
	}
	return parseVersion(dir, string(output))
}

func parseVersion(dir, output string) (installation, error) {
	match := versionPattern.FindStringSubmatch(output)
	if match == nil {
		return installation{}, fmt.Errorf("%s/postgres does not say its version", dir)
	}
	major, err := strconv.Atoi(match[2])
	if err != nil {
		return installation{}, err
	}
	if major < oldest {
		return installation{}, fmt.Errorf("%s is version %s, older than %d", dir, match[1], oldest)
	}
	return installation{dir: dir, version: match[1], major: major}, nil
}
