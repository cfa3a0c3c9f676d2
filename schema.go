package main

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed schema/*.graphqls
var schemaFiles embed.FS

// sdl is the schema as written, file after file.
func sdl() string {
	var text strings.Builder
	names, _ := fs.Glob(schemaFiles, "schema/*.graphqls") // the pattern is right
	for i, name := range names {
		file, _ := schemaFiles.ReadFile(name) // it is in the program
		if i > 0 {
			text.WriteByte('\n')
		}
		text.Write(file)
	}
	return text.String()
}

//go:embed operations/*.graphql documents
var operationFiles embed.FS
