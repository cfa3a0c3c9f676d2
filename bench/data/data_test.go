package data_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"carerecord/bench/data"
	"carerecord/internal/embedded"
	"carerecord/internal/record"
)

func TestMain(m *testing.M) {
	embedded.Main()
	m.Run()
}

func TestNumbersAreOfTheTestRange(t *testing.T) {
	numbers := data.Numbers(20_000)
	if len(numbers) != 20_000 {
		t.Fatalf("%d numbers", len(numbers))
	}
	for i, number := range numbers {
		if string(number)[:3] != "999" || i > 0 && number <= numbers[i-1] {
			t.Fatalf("number %d is not in the 999 range, or out of order", i)
		}
		if _, err := record.ParseNHSNumber(string(number)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNumbersOfAMillion: one range has not as many.
func TestNumbersOfAMillion(t *testing.T) {
	const million = 1_000_000
	numbers := data.Numbers(million)
	ranges := 1
	for i, number := range numbers {
		if begin := string(number)[:3]; begin != "999" && begin != "998" {
			t.Fatalf("%s is of a range that people may be given", number)
		}
		if i > 0 && number <= numbers[i-1] {
			ranges++
		}
		if i%1000 == 0 {
			if _, err := record.ParseNHSNumber(string(number)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(numbers) != million || ranges != 2 || numbers[million-1] >= numbers[0] {
		t.Errorf("%d numbers in %d ranges", len(numbers), ranges)
	}
}

// TestVersion: what is kept is known again, and other data are other data.
func TestVersion(t *testing.T) {
	one, again := data.Version(data.Options{Seed: 1}), data.Version(data.Options{Seed: 1, Residents: 5})
	other, fewer := data.Version(data.Options{Seed: 2}), data.Version(data.Options{Seed: 1, Most: 2})
	if one != again || one == other || one == fewer {
		t.Errorf("%s, %s again, %s of another seed, and %s with fewer entries", one, again, other, fewer)
	}
}

// TestMake: twice the same of one seed, other things of another, about a hundred rows each.
func TestMake(t *testing.T) {
	const residents = 60
	first, rows := contents(t, data.Options{Residents: residents, Seed: 1, Today: "2026-06-01", Volatile: true})
	again, _ := contents(t, data.Options{Residents: residents, Seed: 1, Today: "2026-06-01", Volatile: true})
	other, _ := contents(t, data.Options{Residents: residents, Seed: 2, Today: "2026-06-01", Volatile: true})
	if first != again || first == other {
		t.Errorf("the same seed twice: %t; another seed the same: %t", first == again, first == other)
	}
	if each := rows / residents; each < 85 || each > 135 {
		t.Errorf("%d rows for each resident", each)
	}
}

// contents is a digest of all rows of the sources, and how many there are.
func contents(t *testing.T, o data.Options) (digest string, rows int) {
	t.Helper()
	server, err := embedded.Start(t.Context(), embedded.Options{Volatile: true, Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	}()
	world, err := data.Make(t.Context(), server, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range world.Sources {
		conn, err := pgx.Connect(t.Context(), source.DSN)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		found, err := conn.Query(t.Context(), `SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1`)
		if err != nil {
			t.Fatal(err)
		}
		tables, err := pgx.CollectRows(found, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range tables {
			var sum string
			var n int
			if err := conn.QueryRow(t.Context(), `SELECT coalesce(md5(string_agg(t::text, chr(10) ORDER BY t::text)), ''), count(*)::int FROM `+table+` t`).Scan(&sum, &n); err != nil {
				t.Fatal(err)
			}
			digest, rows = digest+sum, rows+n
		}
	}
	return digest, rows
}
