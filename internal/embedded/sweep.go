package embedded

import (
	"os"
	"path/filepath"
)

// sweepAll removes the temporary directories of servers whose owner and
// supervisor were both killed, and stops their PostgreSQL if it still runs: Start
// begins with it. A directory whose owner lives, that belongs to another
// account, or that has no lock is never touched.
func sweepAll() {
	for _, parent := range []string{os.TempDir(), memory} {
		dirs, _ := filepath.Glob(filepath.Join(parent, prefix+"*"))
		for _, dir := range dirs {
			sweep(dir)
		}
	}
}

func sweep(dir string) {
	dir, ok := left(dir)
	if !ok {
		return
	}
	lock, err := os.OpenFile(lockFile(dir), os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer lock.Close()
	if tryLock(lock) != nil {
		return
	}
	h := home{dir: dir, temporary: true}
	h.clear()
}

// left says whether a directory is ours and its lock names a process that is
// gone. It returns the directory's full path.
func left(dir string) (string, bool) {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() {
		return "", false
	}
	if uid, _ := ownerOf(info); uid != os.Geteuid() {
		return "", false
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return "", false
	}
	holder, err := lockHolder(dir)
	return dir, err == nil && !holder.alive()
}
