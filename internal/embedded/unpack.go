package embedded

import (
	"archive/tar"
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/ulikunitz/xz"
)

// largestTree bounds what an archive may unpack to; the pinned ones are near 60 MB.
const largestTree = 1 << 30

// unpack writes the tree in an archive, a jar that holds one .txz, to a
// folder that must not exist. Nothing is written outside the folder.
func unpack(jar, dir string) error {
	files, err := zip.OpenReader(jar)
	if err != nil {
		return fmt.Errorf("open the archive: %w", err)
	}
	defer files.Close()
	inner, err := innerArchive(&files.Reader)
	if err != nil {
		return err
	}
	content, err := inner.Open()
	if err != nil {
		return err
	}
	defer content.Close()
	plain, err := xz.NewReader(content)
	if err != nil {
		return fmt.Errorf("unpack %s: %w", inner.Name, err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	return extract(io.LimitReader(plain, largestTree), dir)
}

func innerArchive(files *zip.Reader) (*zip.File, error) {
	for _, file := range files.File {
		if strings.HasSuffix(file.Name, ".txz") {
			return file, nil
		}
	}
	return nil, errors.New("the archive holds no .txz")
}

// extract writes the entries of a tar below dir. The root refuses every path
// that leads out of it, also through a link.
func extract(content io.Reader, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	entries := tar.NewReader(content)
	for {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("unpack: %w", err)
		}
		if err := extractEntry(root, entry, entries); err != nil {
			return fmt.Errorf("unpack %s: %w", entry.Name, err)
		}
	}
}

func extractEntry(root *os.Root, entry *tar.Header, content io.Reader) error {
	name := path.Clean(entry.Name)
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return errors.New("the path leads out of the archive")
	}
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	switch entry.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(name, 0o755)
	case tar.TypeReg:
		return extractFile(root, name, entry, content)
	case tar.TypeSymlink:
		return extractLink(root, name, entry.Linkname)
	default:
		return fmt.Errorf("entries of type %q are not expected", entry.Typeflag)
	}
}

func extractFile(root *os.Root, name string, entry *tar.Header, content io.Reader) error {
	mode := os.FileMode(0o644)
	if entry.Mode&0o111 != 0 {
		mode = 0o755
	}
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Chmod(mode), file.Close())
}

// extractLink makes a link that stays within the tree.
func extractLink(root *os.Root, name, target string) error {
	if path.IsAbs(target) || !filepath.IsLocal(filepath.FromSlash(path.Join(path.Dir(name), target))) {
		return fmt.Errorf("the link to %s leads out of the archive", target)
	}
	return root.Symlink(target, name)
}
