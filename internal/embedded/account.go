package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
)

// An account is who PostgreSQL runs as. PostgreSQL refuses to run as root, so
// root drops to another; everyone else stays who they are.
type account struct {
	Name string `json:"name"`
	UID  int    `json:"uid"`
	GID  int    `json:"gid"`
}

// other says whether the account is another than this process's own.
func (a account) other() bool { return a.Name != "" }

// account returns who the home's PostgreSQL runs as: the owner of its cluster
// if root started it before.
func (h home) account() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	info, err := os.Stat(h.data())
	if errors.Is(err, fs.ErrNotExist) {
		return unprivileged()
	}
	if err != nil {
		return account{}, err
	}
	if uid, gid := ownerOf(info); uid != 0 {
		return account{Name: name(uid), UID: uid, GID: gid}, nil
	}
	return account{}, fmt.Errorf("%s belongs to root, as whom PostgreSQL does not run: give it to another account with chown -R", h.data())
}

func name(uid int) string {
	if found, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return found.Username
	}
	return strconv.Itoa(uid)
}

// unprivileged returns the account that root drops to.
func unprivileged() (account, error) {
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(found.Uid)
		gid, gidErr := strconv.Atoi(found.Gid)
		if uidErr == nil && gidErr == nil && uid != 0 {
			return account{Name: name, UID: uid, GID: gid}, nil
		}
	}
	return account{}, errors.New("PostgreSQL does not run as root, and there is neither an account postgres nor nobody: run as an ordinary user")
}

// passage is the mode of a directory the account only passes through.
func (a account) passage() fs.FileMode {
	if a.other() {
		return 0o711
	}
	return 0o700
}

// mkdir makes a directory that only the account may enter.
func (a account) mkdir(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	return a.own(dir)
}

func (a account) own(file string) error {
	if !a.other() {
		return nil
	}
	return os.Chown(file, a.UID, a.GID)
}

// reach says which directory keeps the account from dir, if one does. Modes
// decide; access lists are not read.
func (a account) reach(dir string) error {
	if !a.other() {
		return nil
	}
	resolved, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	if parent := filepath.Dir(resolved); parent != resolved {
		if err := a.reach(parent); err != nil {
			return err
		}
	}
	info, err := os.Stat(resolved)
	if err != nil {
		return err
	}
	if !a.enters(info) {
		return fmt.Errorf("%w: PostgreSQL runs as the account %s, which cannot enter %s (%v): use a directory outside it, such as one in /var/lib, or allow passage with chmod o+x %s",
			ErrUnreachable, a.Name, resolved, info.Mode(), resolved)
	}
	return nil
}

// enters reads the bit of the mode that applies to the account.
func (a account) enters(dir fs.FileInfo) bool {
	uid, gid := ownerOf(dir)
	switch {
	case uid == a.UID:
		return dir.Mode()&0o100 != 0
	case gid == a.GID:
		return dir.Mode()&0o010 != 0
	default:
		return dir.Mode()&0o001 != 0
	}
}
