package embedded

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// largestArchive bounds a download; the pinned ones are near 20 MB.
	largestArchive = 256 << 20

	// fetchWithin bounds a download in time.
	fetchWithin = 10 * time.Minute
)

// fetched returns the PostgreSQL of the archive, from the cache or, the first
// time, from its address.
func fetched(ctx context.Context, o Options, a account, major int) (installation, error) {
	from, err := archiveFor(o)
	if err != nil {
		return installation{}, err
	}
	if o.FetchURL == "" && major != 0 && !strings.HasPrefix(pinnedVersion, fmt.Sprintf("%d.", major)) {
		return installation{}, fmt.Errorf("the archive to fetch is version %s", pinnedVersion)
	}
	dir, err := from.unpacked(ctx, o)
	if err != nil {
		return installation{}, fmt.Errorf("fetch PostgreSQL: %w", err)
	}
	found, err := inspect(ctx, filepath.Join(dir, "bin"), a)
	if err == nil && major != 0 && found.major != major {
		err = fmt.Errorf("the archive is version %s", found.version)
	}
	return found, err
}

// unpacked returns the folder the archive lies unpacked in. The folder is
// named after the sum, so it is the right one or is not there.
func (from archive) unpacked(ctx context.Context, o Options) (string, error) {
	cache, err := cacheDir(o)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "postgresql-"+strings.ToLower(from.sha256))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(cache, "fetch-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	o.Progress("fetching PostgreSQL from " + from.host())
	file := filepath.Join(work, "archive.jar")
	if err := from.download(ctx, file); err != nil {
		return "", err
	}
	o.Progress("unpacking PostgreSQL")
	return dir, install(file, filepath.Join(work, "tree"), dir)
}

// install unpacks an archive that was verified and moves the whole to its
// place. Another process may have done the same meanwhile.
func install(file, tree, dir string) error {
	if err := unpack(file, tree); err != nil {
		return err
	}
	err := os.Rename(tree, dir)
	if _, statErr := os.Stat(dir); statErr == nil {
		return nil
	}
	return err
}

// cacheDir is where archives are kept unpacked. Root's own cache cannot be
// reached by the account PostgreSQL runs as, so root uses the system's.
func cacheDir(o Options) (string, error) {
	if o.CacheDir != "" {
		return filepath.Abs(o.CacheDir)
	}
	if os.Geteuid() == 0 {
		return "/var/cache/carerecord", nil
	}
	cache, err := os.UserCacheDir()
	return filepath.Join(cache, "carerecord"), err
}

func (from archive) host() string {
	if address, err := url.Parse(from.url); err == nil {
		return address.Host
	}
	return from.url
}

// download writes the archive to a file, and accepts it only with its sum.
func (from archive) download(ctx context.Context, file string) error {
	ctx, cancel := context.WithTimeout(ctx, fetchWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from.url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", from.url, response.Status)
	}
	sum, err := save(file, response.Body)
	if err != nil {
		return err
	}
	if !strings.EqualFold(sum, from.sha256) {
		return fmt.Errorf("%s has the SHA-256 %s, not the expected %s: it was not used", from.url, sum, from.sha256)
	}
	return nil
}

// save writes a file and returns the SHA-256 of what it wrote.
func save(file string, content io.Reader) (string, error) {
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fs.FileMode(0o600))
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(out, sum), io.LimitReader(content, largestArchive+1))
	if err := errors.Join(err, out.Close()); err != nil {
		return "", err
	}
	if size > largestArchive {
		return "", fmt.Errorf("the archive is larger than %d MB", largestArchive>>20)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
