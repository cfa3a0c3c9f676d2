package demo

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"carerecord/internal/load"
	"carerecord/internal/record"
)

// A Resident is someone in the demonstration, in a few words.
type Resident struct {
	Number             record.NHSNumber
	Name, Born         string
	Practice, Hospital string // ODS codes
	OptedOut           bool
	Restricted         bool
	Sectors            []record.Sector // that hold anything of theirs
}

// Residents lists everyone in demographics by number, loaded people too.
func (d *Demo) Residents(ctx context.Context) ([]Resident, error) {
	residents, err := d.people(ctx)
	if err != nil {
		return nil, fmt.Errorf("read demographics: %w", err)
	}
	known, err := d.known(ctx)
	if err != nil {
		return nil, fmt.Errorf("read consent: %w", err)
	}
	held, err := d.held(ctx)
	if err != nil {
		return nil, err
	}
	for i := range residents {
		r := &residents[i]
		fact := known[r.Number]
		r.OptedOut, r.Restricted, r.Hospital = fact.optedOut, fact.restricted, fact.hospital
		r.Sectors = held[r.Number]
	}
	return residents, nil
}

func (d *Demo) people(ctx context.Context) (people []Resident, err error) {
	err = with(ctx, d.server.DSN(database(load.DemographicsSource), readerRole), func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `
			SELECT nhs_number, coalesce(nullif(concat_ws(' ', name_given[1], name_family), ''), name_full, ''),
			       coalesce(born_on, ''), coalesce(practice_ods, '')
			FROM person ORDER BY nhs_number`)
		if err != nil {
			return err
		}
		people, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Resident, err error) {
			var number string
			err = row.Scan(&number, &r.Name, &r.Born, &r.Practice)
			r.Number = record.NHSNumber(number)
			return r, err
		})
		return err
	})
	return people, err
}

// A fact is what consent knows that the list shows.
type fact struct {
	optedOut, restricted bool
	hospital             string
}

// known reads who has objected, who is restricted, and a hospital for each: one that
// cares for them now, else the last that did.
func (d *Demo) known(ctx context.Context) (map[record.NHSNumber]fact, error) {
	var trusts []string
	for _, s := range load.Sources() {
		if s.Sector == record.Acute {
			trusts = append(trusts, s.ODS)
		}
	}
	facts := map[record.NHSNumber]fact{}
	err := with(ctx, d.DSN(), func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `
			SELECT p.nhs_number,
			       EXISTS (SELECT FROM consent.directive AS d
			               WHERE d.nhs_number = p.nhs_number AND d.effective_from <= now() AND (d.withdrawn_at IS NULL OR d.withdrawn_at > now())),
			       coalesce(p.restricted, false),
			       coalesce((SELECT r.ods_code FROM consent.relationship AS r
			                 WHERE r.nhs_number = p.nhs_number AND r.ods_code = ANY($1)
			                 ORDER BY CASE r.kind
			                     WHEN 'STAY' THEN coalesce(r.ended_at, now()) > now() - interval '90 days'
			                     WHEN 'REFERRAL' THEN r.ended_at IS NULL AND coalesce(r.touched_at, r.started_at) > now() - interval '1 year'
			                     WHEN 'APPOINTMENT' THEN r.ended_at IS NULL AND r.started_at BETWEEN now() - interval '14 days' AND now() + interval '28 days'
			                     ELSE false END DESC,
			                 coalesce(r.touched_at, r.ended_at, r.started_at) DESC, r.ods_code LIMIT 1), '')
			FROM consent.person AS p`, trusts)
		if err != nil {
			return err
		}
		var number string
		var f fact
		_, err = pgx.ForEachRow(rows, []any{&number, &f.optedOut, &f.restricted, &f.hospital}, func() error {
			facts[record.NHSNumber(number)] = f
			return nil
		})
		return err
	})
	return facts, err
}

// held lists the sectors that hold anything, by person, in the order of the sectors.
func (d *Demo) held(ctx context.Context) (map[record.NHSNumber][]record.Sector, error) {
	sources := load.Sources()
	found := make([][]string, len(sources))
	work, each := errgroup.WithContext(ctx)
	work.SetLimit(4)
	for i, s := range sources {
		work.Go(func() error {
			return with(each, d.server.DSN(database(s), readerRole), func(conn *pgx.Conn) (err error) {
				found[i], err = patients(each, conn)
				if err != nil {
					return fmt.Errorf("read %s %s: %w", s.Sector, s.ODS, err)
				}
				return nil
			})
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	held := map[record.NHSNumber][]record.Sector{}
	for i, s := range sources {
		for _, number := range found[i] {
			n := record.NHSNumber(number)
			if !slices.Contains(held[n], s.Sector) {
				held[n] = append(held[n], s.Sector)
			}
		}
	}
	return held, nil
}

// patients lists everyone in any relation of a database.
func patients(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	var everyone string
	err := conn.QueryRow(ctx, `
		SELECT coalesce(string_agg(format('SELECT nhs_number FROM %I', c.relname), ' UNION '), '')
		FROM pg_class AS c
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND pg_relation_size(c.oid) > 0
		  AND EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'nhs_number')`).Scan(&everyone)
	if err != nil || everyone == "" {
		return nil, err
	}
	rows, err := conn.Query(ctx, everyone)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Table writes residents for people to read.
func Table(w io.Writer, residents []Resident) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "NHS NUMBER\tNAME\tBORN\tPRACTICE\tHOSPITAL\tSECTORS\t")
	for _, r := range residents {
		note := ""
		if r.OptedOut {
			note += " opted out"
		}
		if r.Restricted {
			note += " restricted"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", string(r.Number), r.Name, cmp.Or(r.Born, "-"), cmp.Or(r.Practice, "-"),
			cmp.Or(r.Hospital, "-"), joined(r.Sectors), strings.TrimSpace(note))
	}
	return table.Flush()
}

// CSV writes residents for programs to read.
func CSV(w io.Writer, residents []Resident) error {
	lines := csv.NewWriter(w)
	err := lines.Write([]string{"nhs_number", "name", "born", "practice", "hospital", "opted_out", "restricted", "sectors"})
	for _, r := range residents {
		if err != nil {
			return err
		}
		err = lines.Write([]string{string(r.Number), r.Name, r.Born, r.Practice, r.Hospital, yes(r.OptedOut), yes(r.Restricted), joined(r.Sectors)})
	}
	lines.Flush()
	return errors.Join(err, lines.Error())
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func joined(sectors []record.Sector) string {
	words := make([]string, len(sectors))
	for i, s := range sectors {
		words[i] = string(s)
	}
	return strings.Join(words, ";")
}
