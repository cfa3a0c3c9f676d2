package embedded

import (
	"context"
	"os"
	"time"
)

// ParentDeath is closed when the go command that runs this program is gone.
//
// "go run" starts the program as its child. Killed, it cannot pass that on,
// and the program would stay behind without anyone to stop it. Only a parent
// that is the go command is watched: a program that was started by a shell, a
// service manager or nohup may outlive its parent on purpose, and for it the
// channel is nil. A caller that wants no watch does not call.
func ParentDeath(ctx context.Context) <-chan struct{} {
	parent := os.Getppid()
	if parent <= 1 || command(parent) != "go" {
		return nil
	}
	return watchParent(ctx, parent)
}

// parentPoll is how often the parent is looked at, which costs one system call.
const parentPoll = 250 * time.Millisecond

// watchParent closes the channel when this process has another parent, which
// it gets when its own dies.
func watchParent(ctx context.Context, parent int) <-chan struct{} {
	gone := make(chan struct{})
	go func() { // a system call tells only when asked
		ticker := time.NewTicker(parentPoll)
		defer ticker.Stop()
		for os.Getppid() == parent {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
		close(gone)
	}()
	return gone
}
