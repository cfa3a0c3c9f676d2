// Command generate makes graph/ from schema/: gqlgen's executable schema, and beside it
// the code that writes answers.
//
// It is run in the folder of gqlgen.yml.
package main

import (
	"bytes"
	"fmt"
	"iter"
	"log"
	"maps"
	"os"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
)

// roots are the query fields that are written. The others read and write our own
// database as they go, so that each of theirs is better off with a goroutine.
var roots = []string{"patient", "patients", "viewer", "serviceSources"}

func main() {
	var said bytes.Buffer // gqlgen names every resolver it finds no method for; that is how they are meant
	log.SetOutput(&said)
	if err := run(); err != nil {
		said.WriteTo(os.Stderr)
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run() error {
	c, err := config.LoadConfigFromDefaultLocations()
	if err != nil {
		return fmt.Errorf("gqlgen.yml cannot be read; run this with go generate ./graph: %w", err)
	}
	return api.Generate(c, api.AddPlugin(plugin{roots}))
}

func mapKeys(m map[string]bool) iter.Seq[string] { return maps.Keys(m) }
