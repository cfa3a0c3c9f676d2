//go:build !linux && !darwin

package embedded

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// Nothing below is reached: supported refuses before.

var errLocked = errors.New("locked")

func supported() error                                 { return ErrUnsupported }
func tryLock(*os.File) error                           { return ErrUnsupported }
func ownerOf(fs.FileInfo) (uid, gid int)               { return -1, -1 }
func apart() *syscall.SysProcAttr                      { return nil }
func (account) as(syscall.Signal) *syscall.SysProcAttr { return nil }
func killGroup(int) error                              { return ErrUnsupported }
func closeOnExec(uintptr)                              {}
func endings() <-chan os.Signal                        { return nil }
func began(int) (string, error)                        { return "", ErrUnsupported }
func (process) beganAt() (time.Time, error)            { return time.Time{}, ErrUnsupported }
func command(int) string                               { return "" }
func roomy(string) bool                                { return false }
