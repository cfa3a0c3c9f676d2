// Package graph is generated from schema/: the executable schema that server.go serves,
// and the code that writes its answers.
package graph

//go:generate go run ../internal/writer/generate
