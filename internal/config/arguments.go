package config

import (
	"fmt"
	"slices"
	"strings"

	"carerecord/internal/auth"
	"carerecord/internal/record"
)

// arguments reads the command line: flags and words in any order.
func (r *reader) arguments(args []string) {
	given, positional := r.split(args)
	r.command(positional)
	for _, g := range given {
		if !slices.Contains(g.setting.in, r.config.Command) {
			r.fault("-%s does not belong to %s; leave it out", g.setting.flag(), r.words())
			continue
		}
		if r.set[g.setting.key] != "" {
			r.fault("-%s stands there twice; leave one", g.setting.flag())
			continue
		}
		r.set[g.setting.key] = "-" + g.setting.flag()
		if err := g.setting.set(r, g.text); err != nil {
			r.fault("-%s: %w", g.setting.flag(), err)
		}
	}
}

// words returns the command as faults name it.
func (r *reader) words() string {
	if r.config.Command == Demo {
		return "the demonstration (no command)"
	}
	return string(r.config.Command)
}

// A given is a flag with its value.
type given struct {
	setting setting
	text    string
}

// split separates flags from words. -name value, -name=value and two hyphens mean the same; after a lone --
// everything is a word.
func (r *reader) split(args []string) (flags []given, positional []string) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return flags, append(positional, args[i+1:]...)
		}
		if len(arg) < 2 || arg[0] != '-' {
			positional = append(positional, arg)
			continue
		}
		name, text, has := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
		s, known := byFlag(name)
		switch {
		case name == "h" || name == "help":
			r.faults = append(r.faults, ErrUsage)
			continue
		case !known:
			r.fault("there is no flag -%s; %w", name, ErrUsage)
			continue
		case has:
		case s.value == "":
			text = "true"
		case i+1 == len(args):
			r.fault("-%s needs a value: %s, %s", name, s.value, s.about)
			continue
		default:
			i++
			text = args[i]
		}
		flags = append(flags, given{s, text})
	}
	return flags, positional
}

// command reads the words: the command and its arguments.
func (r *reader) command(positional []string) {
	c := r.config
	if len(positional) == 0 {
		return
	}
	rest := positional[1:]
	switch Command(positional[0]) {
	case Serve, Schema, Residents:
		c.Command = Command(positional[0])
		r.noMore(rest)
	case Token:
		c.Command = Token
		if c.Persona = r.one(rest, "a persona, such as gp"); c.Persona != "" {
			if _, err := auth.FindPersona(c.Persona); err != nil {
				r.fault("token: %w", err)
			}
		}
	case LoadFolder:
		c.Command = LoadFolder
		c.Folder = r.one(rest, "the folder to read")
		if c.Folder != "" {
			if _, err := directory(c.Folder); err != nil {
				r.fault("load: %w", err)
			}
		}
	case "audit":
		c.Command = Audit
		switch {
		case len(rest) == 1 && rest[0] == "verify":
		case len(rest) == 1 && rest[0] == "export":
			c.Command = AuditExport
		default:
			r.fault("audit can do two things; write: audit verify, or audit export")
		}
	case "receipt":
		c.Command = Receipt
		if len(rest) == 0 || rest[0] != "verify" {
			r.fault("receipt can do one thing; write: receipt verify FILE")
			return
		}
		if c.Answer = r.one(rest[1:], "the file that holds the answer"); c.Answer != "" {
			if _, err := file(c.Answer); err != nil {
				r.fault("receipt verify: %w", err)
			}
		}
	case AccessReport:
		c.Command = AccessReport
		if text := r.one(rest, "an NHS number, or - to read it from the input"); text != "" && text != FromInput {
			number, err := record.ParseNHSNumber(text)
			if err != nil {
				r.fault("access-report: %w", err)
			}
			c.Patient = number
		}
	case "help":
		r.faults = append(r.faults, ErrUsage)
	default:
		r.fault("there is no command %q, there are %s; %w", positional[0], commands(), ErrUsage)
	}
}

func (r *reader) noMore(rest []string) {
	if len(rest) > 0 {
		r.fault("%s takes no %q; leave it out", r.config.Command, strings.Join(rest, " "))
	}
}

func (r *reader) one(rest []string, what string) string {
	if len(rest) == 0 {
		r.fault("%s needs %s", r.config.Command, what)
		return ""
	}
	if len(rest) > 1 {
		r.fault("%s takes one thing, %s; leave out %q", r.config.Command, what, strings.Join(rest[1:], " "))
	}
	return rest[0]
}

// Usage returns the usage text. called is the program's name, such as "go run .".
func Usage(called string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "Usage: %s [command] [flags]\n\n", called)
	for _, line := range [][2]string{
		{"", "serve the demonstration, with its own databases and made-up residents"},
		{"serve -config FILE", "serve real sources"},
		{"token PERSONA", "print a token of the demonstration"},
		{"residents", "list the residents of the demonstration"},
		{"load -data DIR FOLDER", "read FHIR R4 bundles and NDJSON into the demonstration"},
		{"audit verify", "say whether the audit trail holds (-config FILE: of the real service)"},
		{"audit export", "write the audit trail as FHIR AuditEvents, a line each"},
		{"access-report NHS_NUMBER", "print in plain words who looked at a resident's record; - reads the number from the input"},
		{"receipt verify FILE", "say whether an answer that was kept is what the service sent"},
		{"schema", "print the schema"},
	} {
		fmt.Fprintf(&text, "  %-24s %s\n", line[0], line[1])
	}
	text.WriteString("\nFlags may stand anywhere. In a configuration file -limits-root-fields is root-fields below limits; docs/config.example.yml has all settings.\n\n")
	for _, s := range settings {
		if s.where == fileOnly {
			continue
		}
		fmt.Fprintf(&text, "  -%-34s %s [%s]\n", strings.TrimSpace(s.flag()+" "+s.value), s.about, joined(s.in))
	}
	return text.String()
}

func joined(in []Command) string {
	names := make([]string, len(in))
	for i, c := range in {
		names[i] = string(c)
	}
	return strings.Join(names, ", ")
}
