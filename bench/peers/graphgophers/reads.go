package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/graph-gophers/dataloader/v7"
	"github.com/graph-gophers/graphql-go"
	"github.com/jackc/pgx/v5"
)

// An Item is what every entry begins with.
type Item struct {
	patient, sourceID           string
	fromSystem, orgODS, orgName *string
	writtenDown                 *time.Time
	from                        string
	source                      *source
	order                       string // what it is ordered by
}

func (i *Item) item() *Item { return i }

// ID is the source's own id, with what makes it unique.
func (i *Item) ID() graphql.ID {
	return graphql.ID(i.source.Sector + "." + i.from + "." + i.patient + "." + i.sourceID)
}

// Provenance is where it comes from.
func (i *Item) Provenance() *Provenance {
	p := &Provenance{Sector: i.source.Sector, SourceSystem: i.fromSystem, SourceID: &i.sourceID, RecordedAt: moment(i.writtenDown), Organisation: &Organisation{&i.source.ODS, &i.source.Name}}
	if i.orgODS != nil {
		p.Organisation = &Organisation{i.orgODS, i.orgName}
	}
	return p
}

// An entry is a pointer to a record that begins with an Item.
type entry[T any] interface {
	*T
	item() *Item
	targets() []any // of its columns, in their order
}

// A reading is a list: relation, sectors, order, columns ("name*" is a code), and the
// condition of a status by sector, which may use the day ($P) and the day four weeks ago ($Q).
type reading struct {
	from, newest, columns string
	sectors               []string
	where                 map[string]func(sector string) string
}

const envelope = "v.nhs_number, v.id, v.source_system, v.organisation_ods, v.organisation_name, v.recorded_at"

func columns(names string) string {
	all := strings.Fields(names)
	for i, name := range all {
		if code, is := strings.CutSuffix(name, "*"); is {
			all[i] = fmt.Sprintf("v.%[1]s_system, v.%[1]s_code, coalesce(v.%[1]s_display, v.%[1]s_code)", code)
		} else {
			all[i] = "v." + name
		}
	}
	return strings.Join(all, ", ")
}

// statement is the SQL of a list, and the days that are its last parameters.
func (r *reading) statement(sector, status string, limited bool) (sql string, days []any) {
	where := "NOT v.confidential AND NOT v.entered_in_error"
	next := 2
	if limited {
		next = 3
	}
	if of := r.where[status]; of != nil {
		where += " AND " + of(sector)
	}
	for _, day := range []struct {
		name string
		ago  int
	}{{"$P", 0}, {"$Q", 28}} {
		if strings.Contains(where, day.name) {
			where = strings.ReplaceAll(where, day.name, "$"+strconv.Itoa(next)+"::text")
			days = append(days, time.Now().UTC().AddDate(0, 0, -day.ago).Format(time.DateOnly))
			next++
		}
	}
	key := "coalesce(v." + r.newest + ", '')"
	if strings.HasSuffix(r.newest, "_at") || r.newest == "at" {
		key = "coalesce(to_char(v." + r.newest + " AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), '')"
	}
	selected := envelope + ", " + key + ", " + columns(r.columns)
	if limited {
		return fmt.Sprintf("SELECT x.* FROM unnest($1::text[]) AS p(n) CROSS JOIN LATERAL (SELECT %s FROM %s v WHERE v.nhs_number = p.n AND %s ORDER BY v.%s DESC NULLS LAST LIMIT $2::int) x", selected, r.from, where, r.newest), days
	}
	return fmt.Sprintf("SELECT %s FROM %s v WHERE v.nhs_number = ANY ($1::text[]) AND %s", selected, r.from, where), days
}

type arguments struct {
	status string
	first  int // 0 for all
}

// readOf reads a list of many patients from one source.
func readOf[T any, P entry[T]](ctx context.Context, r *reading, s *source, patients []string, a arguments) ([]*T, error) {
	sql, days := r.statement(s.Sector, a.status, a.first > 0)
	values := []any{patients}
	if a.first > 0 {
		values = append(values, a.first+1)
	}
	rows, err := s.pool.Query(ctx, sql, append(values, days...)...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*T, error) {
		x := new(T)
		i := P(x).item()
		i.source, i.from = s, r.from
		return x, row.Scan(append([]any{&i.patient, &i.sourceID, &i.fromSystem, &i.orgODS, &i.orgName, &i.writtenDown, &i.order}, P(x).targets()...)...)
	})
}

// read reads a list of many patients from these sectors' sources at once: by patient,
// newest first.
func read[T any, P entry[T]](ctx context.Context, r *reading, sectors, patients []string, a arguments) (map[string][]*T, error) {
	found, errs := make([][]*T, len(sectors)), make([]error, len(sectors))
	var reading sync.WaitGroup
	for i, sector := range sectors {
		reading.Go(func() { found[i], errs[i] = readOf[T, P](ctx, r, sources[sector], patients, a) })
	}
	reading.Wait()
	by := make(map[string][]*T, len(patients))
	for i := range sectors {
		if errs[i] != nil {
			return nil, errs[i]
		}
		for _, x := range found[i] {
			patient := P(x).item().patient
			by[patient] = append(by[patient], x)
		}
	}
	if len(sectors) > 1 || a.first == 0 {
		for _, all := range by {
			slices.SortStableFunc(all, func(a, b *T) int { return cmp.Compare(P(b).item().order, P(a).item().order) })
		}
	}
	return by, nil
}

type loadersKey struct{}

// loaders are those of one request, made when they are first asked.
type loaders struct {
	mu   sync.Mutex
	made map[string]any
}

func withLoaders(ctx context.Context) context.Context {
	return context.WithValue(ctx, loadersKey{}, &loaders{made: map[string]any{}})
}

// wait is how long a loader waits for its batch.
const wait = time.Millisecond

// load loads one key through the loader of a name.
func load[K comparable, V any](ctx context.Context, name string, key K, batch func(ctx context.Context, keys []K) ([]V, error)) (V, error) {
	all := ctx.Value(loadersKey{}).(*loaders)
	all.mu.Lock()
	l, _ := all.made[name].(*dataloader.Loader[K, V])
	if l == nil {
		l = dataloader.NewBatchedLoader(func(ctx context.Context, keys []K) []*dataloader.Result[V] {
			values, err := batch(ctx, keys)
			results := make([]*dataloader.Result[V], len(keys))
			for i := range keys {
				results[i] = &dataloader.Result[V]{Error: err}
				if err == nil {
					results[i].Data = values[i]
				}
			}
			return results
		}, dataloader.WithWait[K, V](wait))
		all.made[name] = l
	}
	all.mu.Unlock()
	return l.Load(ctx, key)()
}

// entries loads a list of one patient.
func entries[T any, P entry[T]](ctx context.Context, r *reading, sectors []string, patient string, a arguments) ([]*T, error) {
	name := fmt.Sprintf("%s %s %s %d", r.from, sectors, a.status, a.first)
	return load(ctx, name, patient, func(ctx context.Context, patients []string) ([][]*T, error) {
		by, err := read[T, P](ctx, r, sectors, patients, a)
		all := make([][]*T, len(patients))
		for i, patient := range patients {
			all[i] = by[patient]
		}
		return all, err
	})
}

// A List is a list as the schema has it. It is complete: what a source lacks is not looked at.
type List[T any] struct {
	State    string
	Complete bool
	LeftOut  []string
	Nodes    []*T
	PageInfo PageInfo
	Gaps     []*Gap
}

func list[T any, P entry[T]](ctx context.Context, r *reading, sectors []string, patient string, a arguments) (*List[T], error) {
	all, err := entries[T, P](ctx, r, sectors, patient, a)
	if err != nil {
		return nil, err
	}
	return page[T, P](all, a.first), nil
}

func page[T any, P entry[T]](all []*T, first int) *List[T] {
	l := &List[T]{State: "NOT_RECORDED", Complete: true, LeftOut: []string{}, Gaps: []*Gap{}, Nodes: all}
	if first > 0 && len(all) > first {
		l.Nodes, l.PageInfo.HasNextPage = all[:first], true
	}
	if len(l.Nodes) > 0 {
		l.State = "RECORDED"
		last := string(P(l.Nodes[len(l.Nodes)-1]).item().ID())
		l.PageInfo.EndCursor = &last
	} else {
		l.Nodes = []*T{}
	}
	return l
}

// current is the single value in force of one patient.
func current[T any, P entry[T]](ctx context.Context, r *reading, patient string) (*T, error) {
	all, err := entries[T, P](ctx, r, r.sectors, patient, arguments{status: "CURRENT"})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0], nil
}

// A part is a row that belongs to an entry.
type part[T any] interface {
	*T
	targets() []any
}

type parent struct{ patient, id string }

// parts loads what belongs to one entry.
func parts[T any, P part[T]](ctx context.Context, from, names string, of *Item) (*[]*T, error) {
	all, err := load(ctx, from+" "+of.source.Sector, parent{of.patient, of.sourceID}, func(ctx context.Context, keys []parent) ([][]*T, error) {
		patients, ids, at := make([]string, len(keys)), make([]string, len(keys)), make(map[parent]int, len(keys))
		for i, key := range keys {
			patients[i], ids[i], at[key] = key.patient, key.id, i
		}
		rows, err := of.source.pool.Query(ctx, fmt.Sprintf("SELECT v.nhs_number, v.parent_id, %s FROM unnest($1::text[], $2::text[]) AS p(n, id) JOIN %s v ON v.nhs_number = p.n AND v.parent_id = p.id ORDER BY v.nhs_number, v.parent_id, v.position",
			columns(names), from), patients, ids)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		found := make([][]*T, len(keys))
		for rows.Next() {
			var key parent
			x := new(T)
			if err := rows.Scan(append([]any{&key.patient, &key.id}, P(x).targets()...)...); err != nil {
				return nil, err
			}
			found[at[key]] = append(found[at[key]], x)
		}
		return found, rows.Err()
	})
	if all == nil {
		all = []*T{}
	}
	return &all, err
}
