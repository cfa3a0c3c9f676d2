package embedded

import (
	"context"
	"os"
)

// Programs is the folder of the PostgreSQL that Start would run, for tests that need more
// than one server.
func Programs(ctx context.Context) (string, error) {
	var as account
	if os.Geteuid() == 0 {
		var err error
		if as, err = unprivileged(); err != nil {
			return "", err
		}
	}
	found, err := locate(ctx, Options{}, as, 0)
	return found.dir, err
}
