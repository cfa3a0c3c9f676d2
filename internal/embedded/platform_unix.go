//go:build linux || darwin

package embedded

import (
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"syscall"
)

func supported() error { return nil }

// errLocked says that someone else holds a lock.
var errLocked = errors.New("locked")

// tryLock takes a lock that is free when every process holding the file is gone.
func tryLock(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errLocked
	}
	return err
}

// ownerOf returns the account that a file belongs to.
func ownerOf(info fs.FileInfo) (uid, gid int) {
	stat := info.Sys().(*syscall.Stat_t)
	return int(stat.Uid), int(stat.Gid)
}

// apart is how the supervisor is started: in a session of its own, so that
// what a terminal sends to its processes does not reach PostgreSQL.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true}
}

// as is how a program of PostgreSQL is started: as the account, in a process
// group of its own, and with onParentDeath where the system can do that.
func (a account) as(onParentDeath syscall.Signal) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(attr, onParentDeath)
	if a.other() {
		attr.Credential = &syscall.Credential{Uid: uint32(a.UID), Gid: uint32(a.GID)}
	}
	return attr
}

// killGroup ends a process and those it started.
func killGroup(pid int) error { return syscall.Kill(-pid, syscall.SIGKILL) }

// closeOnExec keeps an inherited file from the processes started here.
func closeOnExec(fd uintptr) { syscall.CloseOnExec(int(fd)) }

// endings reports the signal that asks a supervisor to stop. The others that
// would end it are taken and dropped: they are meant for its owner.
func endings() <-chan os.Signal {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE)
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	return asked
}
