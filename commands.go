package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"carerecord/internal/auth"
	"carerecord/internal/config"
	"carerecord/internal/demo"
	"carerecord/internal/embedded"
)

// printToken prints a token of the demonstration and nothing else.
func printToken(c *config.Config, stdout io.Writer) error {
	persona, err := auth.FindPersona(c.Persona)
	if err != nil {
		return err
	}
	issuer, err := issuerOf(c)
	if err != nil {
		return err
	}
	text, err := issuer.Token(persona, auth.TokenOptions{Org: string(c.Org), Expires: c.Expires})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, text)
	return err
}

// issuerOf finds the keys of the demonstration that runs, or of the one in -data.
func issuerOf(c *config.Config) (*auth.DemoIssuer, error) {
	d, err := demo.Find(c.Data, c.Addr.String())
	switch {
	case err == nil:
		return d.Issuer, nil
	case !errors.Is(err, embedded.ErrNotRunning):
		return nil, err
	case c.Data == "":
		return nil, notRunning(c)
	}
	issuer, err := demo.Keys(c.Data)
	if err != nil {
		return nil, fmt.Errorf("there is no demonstration in %s yet: start one with %s -data %s (%w)", c.Data, called(), c.Data, err)
	}
	return issuer, nil
}

func notRunning(c *config.Config) error {
	return fmt.Errorf("no demonstration runs at %s: start it with %s, or name the right -addr or -data", c.Addr, called())
}

// withDemo runs do with the demonstration that runs, or starts the one in -data for it.
func withDemo(ctx context.Context, c *config.Config, stderr io.Writer, do func(*demo.Demo) error) (err error) {
	d, err := demo.Find(c.Data, c.Addr.String())
	switch {
	case err == nil:
		return do(d)
	case !errors.Is(err, embedded.ErrNotRunning):
		return err
	case c.Data == "":
		return notRunning(c)
	}
	if d, err = demo.Start(ctx, demoOptions(c, stderr)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Stop()) }()
	return do(d)
}

func demoOptions(c *config.Config, stderr io.Writer) demo.Options {
	return demo.Options{
		Server: embedded.Options{
			DataDir: c.Data, Bin: c.Postgres.Bin, FetchURL: c.Postgres.FetchURL, FetchSHA256: c.Postgres.FetchSHA256, CacheDir: c.Postgres.Cache,
		},
		Progress: demo.Show(stderr),
	}
}

// residents lists everyone in the demonstration.
func residents(ctx context.Context, c *config.Config, stdout, stderr io.Writer) error {
	return withDemo(ctx, c, stderr, func(d *demo.Demo) error {
		list, err := d.Residents(ctx)
		if err != nil {
			return err
		}
		if c.CSV {
			return demo.CSV(stdout, list)
		}
		return demo.Table(stdout, list)
	})
}

// loadFolder loads a folder into the demonstration.
func loadFolder(ctx context.Context, c *config.Config, stdout, stderr io.Writer) error {
	return withDemo(ctx, c, stderr, func(d *demo.Demo) error {
		report, err := d.Load(ctx, c.Folder, c.Numbers, demo.Show(stderr))
		if _, printed := fmt.Fprintln(stdout, report); err == nil {
			err = printed
		}
		return err
	})
}
