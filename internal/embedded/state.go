package embedded

import (
	"encoding/json"
	"os"
)

// A state is what another command must know to use a running server. It is
// written where only the owner may read it.
type state struct {
	Owner      process `json:"owner"`
	Supervisor process `json:"supervisor"`
	Postgres   process `json:"postgres"`
	Home       string  `json:"home"`
	Run        string  `json:"run"`
	Version    string  `json:"version"`
	Secret     string  `json:"secret"`
}

// stays says whether the server runs and will go on: without its owner or its
// supervisor PostgreSQL is about to end.
func (st state) stays() bool {
	return st.Owner.alive() && st.Supervisor.alive() && st.Postgres.alive()
}

func readState(file string) (state, error) {
	var st state
	return st, readJSON(file, &st)
}

func readJSON(file string, into any) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return json.Unmarshal(content, into)
}

// writeJSON replaces a private file whole, so that no reader sees half of it.
func writeJSON(file string, value any) error {
	content, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
