package falconet

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// Of testdata/small.elf: see testdata/README.md.
const (
	lastSteps = 50_599
	firstRead = 83
	prestate  = "0x03f2994220b8d7c460ea5b013d18ca2388f0c41a804d892d2da4e962048ca056"
	end       = "0x00a41a91c6f38bb68b4854866eb780779308863cc7c032e06d4767bd83704009"
)

var background = context.Background()

func number(value uint64) []byte {
	data := make([]byte, 8)
	binary.BigEndian.PutUint64(data, value)
	return data
}

// key is that of local input 1.
func key() (key [32]byte) {
	key[0], key[31] = 1, 1
	return key
}

// must returns a value that was got without an error.
func must[Value any](value Value, err error) Value {
	if err != nil {
		panic(err)
	}
	return value
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, got, expected any) {
	t.Helper()
	if !reflect.DeepEqual(got, expected) {
		t.Fatalf("got %v, expected %v", got, expected)
	}
}

func fails(t *testing.T, err error, code Code) {
	t.Helper()
	if !errors.Is(err, code) {
		t.Fatalf("got %v, expected %v", err, code)
	}
}

// machine is the guest with its input, a number.
func machine(t testing.TB, input uint64) *Machine {
	m := must(Open("testdata/state.bin.gz", nil))
	t.Cleanup(func() { m.Close() })
	if err := m.SetLocalInput(1, number(input)); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAFullRunEndsWithTheRecordedClaim(t *testing.T) {
	for _, engine := range []Engine{Translator, Portable, StepEngine, CheckEngine} {
		m := machine(t, 30)
		check(t, m.SetEngine(engine))
		var output bytes.Buffer
		check(t, m.OnOutput(func(stream int, data []byte) { output.Write(data) }))
		equal(t, must(m.Claim()).String(), prestate)
		equal(t, must(m.Version()), uint32(8))
		equal(t, must(m.Run(background, LastStep, nil)), StopExited)
		code, exited, err := m.ExitCode()
		check(t, err)
		equal(t, []any{code, exited, must(m.Step())}, []any{uint8(0), true, uint64(lastSteps)})
		equal(t, must(m.Claim()), must(ParseClaim(end)))
		equal(t, output.String(), "choose 30 is 10584657415417700764\n")
		_, err = m.Prove()
		fails(t, err, Exited)
	}
}

func TestARunStopsWhereItIsTold(t *testing.T) {
	m := machine(t, 30)
	equal(t, must(m.Run(background, LastStep, &Events{ToPreimageRead: true})), StopPreimageRead)
	equal(t, must(m.Step()), uint64(firstRead+1))
	read, found, err := m.LastRead()
	check(t, err)
	equal(t, []any{read.Key, found}, []any{key(), true})
	pc := must(m.Threads())[0].PC
	check(t, m.SetStopRange(pc, pc+4))
	equal(t, must(m.Run(background, LastStep, nil)), StopAddress)
	check(t, m.SetStopRange(0, 0))
	equal(t, must(m.Run(background, 1000, nil)), StopStep)
	_, found, err = m.LastRead()
	equal(t, []any{found, err}, []any{false, nil})
	check(t, m.OnProgress(0, func(uint64) bool { return false }))
	equal(t, must(m.Run(background, LastStep, nil)), StopCancelled)
}

func TestOneRunProvesAndPausesAtManySteps(t *testing.T) {
	m := machine(t, 30)
	var proofs []*Proof
	var pauses []Claim
	stop, err := m.Run(background, LastStep, &Events{
		ProveAt: []uint64{firstRead, 40_000}, ProveEvery: 10_000,
		OnProof:    func(proof *Proof) bool { proofs = append(proofs, proof); return true },
		PauseEvery: 20_000,
		OnPause:    func(m *Machine) bool { pauses = append(pauses, must(m.Claim())); return true },
	})
	check(t, err)
	equal(t, stop, StopExited)
	var steps []uint64
	for _, proof := range proofs {
		check(t, proof.Verify())
		check(t, proof.VerifyAs(8, "1.7.0"))
		steps = append(steps, must(proof.Info()).Step)
	}
	equal(t, steps, []uint64{0, firstRead, 10_000, 20_000, 30_000, 40_000, 50_000})
	equal(t, must(proofs[1].Info()).Read.Key, key())
	equal(t, []any{len(pauses), pauses[0].String(), pauses[1]}, []any{3, prestate, must(proofs[3].Info()).Pre})
}

func TestCallbacksAndContextsEndRunsWhichCanContinue(t *testing.T) {
	m := machine(t, 30)
	stop := must(m.Run(background, LastStep, &Events{
		ProveAt: []uint64{1000}, OnProof: func(*Proof) bool { return false },
	}))
	equal(t, []any{stop, must(m.Step())}, []any{StopCancelled, uint64(1001)})
	stop = must(m.Run(background, LastStep, &Events{
		PauseAt: []uint64{2000}, OnPause: func(*Machine) bool { return false },
	}))
	equal(t, []any{stop, must(m.Step())}, []any{StopCancelled, uint64(2000)})
	// A context that ends during the run. The pause happens until the machine is cancelled, which another
	// goroutine does.
	ctx, cancel := context.WithCancel(background)
	cancelled := false
	stop, err := m.Run(ctx, LastStep, &Events{PauseEvery: 1, OnPause: func(*Machine) bool {
		cancel()
		cancelled = true
		runtime.Gosched()
		return true
	}})
	if cancelled && stop == StopCancelled {
		equal(t, err, context.Canceled)
	} else {
		// The run was faster than the goroutine.
		equal(t, []any{stop, err}, []any{StopExited, nil})
	}
	m.Cancel()
	m.Resume()
	equal(t, must(m.Run(background, LastStep, nil)), StopExited)
	equal(t, must(m.Claim()).String(), end)
	// One that ended before the run, or that ends later.
	m = machine(t, 30)
	_, err = m.Run(ctx, LastStep, nil)
	equal(t, err, context.Canceled)
	ctx, cancel = context.WithCancel(background)
	equal(t, must(m.Run(ctx, LastStep, nil)), StopExited)
	cancel()
}

// counting is a source that counts.
type counting struct {
	PreimageMap
	reads, hints int
}

func (c *counting) Preimage(key [32]byte) ([]byte, bool, error) {
	c.reads++
	return c.PreimageMap.Preimage(key)
}

func (c *counting) Hint([]byte) error {
	c.hints++
	return nil
}

func TestPreimagesComeFromMapsFunctionsAndSources(t *testing.T) {
	inputs := PreimageMap{key(): number(30)}
	source := &counting{PreimageMap: inputs}
	m := must(Open("testdata/state.bin.gz", nil))
	check(t, m.SetPreimages(source))
	must(m.Run(background, 1000, nil))
	equal(t, source.reads, 1)
	m = must(LoadELF("testdata/small.elf", 8))
	check(t, m.SetPreimages(inputs))
	must(m.Run(background, LastStep, nil))
	equal(t, must(m.Claim()).String(), end)

	m = must(Open("testdata/state.bin.gz", nil))
	gone := errors.New("the disk is gone")
	for _, test := range []struct {
		source PreimageSource
		cause  error
	}{
		{PreimageMap{}, nil},
		{PreimageFunc(func([32]byte) ([]byte, bool, error) { return nil, false, gone }), gone},
	} {
		check(t, m.SetPreimages(test.source))
		_, err := m.Run(background, LastStep, nil)
		fails(t, err, PreimageError)
		equal(t, []any{must(m.Step()), errors.Unwrap(err)}, []any{uint64(firstRead), test.cause})
	}
	// What failed can be retried.
	check(t, m.SetPreimages(inputs))
	must(m.Run(background, LastStep, nil))
	equal(t, must(m.Claim()).String(), end)
	check(t, m.Close())
}

func TestAFolderAndAServerAreSources(t *testing.T) {
	folder := t.TempDir()
	name := "0x01" + strings.Repeat("0", 61) + "1.txt"
	check(t, os.WriteFile(filepath.Join(folder, name), []byte("000000000000001e"), 0o600))
	m := must(Open("testdata/state.bin.gz", nil))
	check(t, m.SetPreimageFolder(folder))
	must(m.Run(background, LastStep, nil))
	equal(t, must(m.Claim()).String(), end)

	// A server that says something and answers nothing.
	var lock sync.Mutex
	var said bytes.Buffer
	m = must(Open("testdata/state.bin.gz", nil))
	check(t, m.SetPreimageServer(Server{
		Command: []string{"sh", "-c", "echo ready; cat <&5 > /dev/null"}, Timeout: time.Second,
		Output: func(stream int, data []byte) {
			lock.Lock()
			defer lock.Unlock()
			said.Write(data)
		},
	}))
	_, err := m.Run(background, LastStep, nil)
	fails(t, err, PreimageError)
	check(t, m.Close())
	equal(t, said.String(), "ready\n")
	m = must(Open("testdata/state.bin.gz", nil))
	err = m.SetPreimageServer(Server{Command: []string{"/nowhere/server"}})
	if err == nil || !strings.Contains(err.Error(), "/nowhere/server") {
		t.Fatal(err)
	}
	fails(t, m.SetPreimageServer(Server{Command: []string{"a\x00b"}}), InvalidArgument)
}

func TestPanicsOfCallbacksPassThroughTheRun(t *testing.T) {
	value := func(m *Machine) (value any) {
		defer func() { value = recover() }()
		m.Run(background, LastStep, nil)
		return nil
	}
	m := machine(t, 30)
	check(t, m.OnOutput(func(int, []byte) { panic("output") }))
	equal(t, value(m), "output")
	m = must(Open("testdata/state.bin.gz", nil))
	check(t, m.SetPreimages(PreimageFunc(func([32]byte) ([]byte, bool, error) { panic("source") })))
	equal(t, value(m), "source")
	equal(t, must(m.Step()), uint64(firstRead))
}

type full struct{}

var errFull = errors.New("full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestSnapshotsComeBackFromEveryWay(t *testing.T) {
	folder := t.TempDir()
	file := func(name string) string { return filepath.Join(folder, name) }
	m := machine(t, 30)
	must(m.Run(background, 1000, nil))
	claim := must(m.Claim())
	check(t, m.Save(file("a.fsnap"), FormatAuto))
	check(t, m.Save(file("b"), FormatBin))
	var data bytes.Buffer
	check(t, m.Write(&data, FormatBin, Zstd))
	for _, copy := range []*Machine{
		must(Open(file("a.fsnap"), nil)),
		must(Open(file("b"), &OpenOptions{Format: FormatBin, Base: folder})),
		must(OpenBytes(data.Bytes(), nil)),
		must(OpenReader(&data, nil)),
	} {
		equal(t, []any{must(copy.Claim()), must(copy.Step())}, []any{claim, uint64(1000)})
		equal(t, must(copy.IsVerified()), true)
		equal(t, must(copy.Witness()), must(m.Witness()))
		equal(t, must(copy.PageCount()), must(m.PageCount()))
		equal(t, must(copy.Threads()), must(m.Threads()))
	}
	trusted := must(Open(file("a.fsnap"), &OpenOptions{TrustPages: true}))
	equal(t, must(trusted.IsVerified()), false)
	equal(t, must(trusted.Claim()), claim)
	equal(t, must(trusted.IsVerified()), true)
	word := make([]byte, 4)
	check(t, m.ReadMemory(must(m.Threads())[0].PC, word))
	if bytes.Equal(word, make([]byte, 4)) {
		t.Fatal("no instruction")
	}
	err := m.Write(full{}, FormatBin, Uncompressed)
	fails(t, err, IOError)
	equal(t, errors.Is(err, errFull), true)
	_, err = OpenReader(io.MultiReader(strings.NewReader("x"), brokenReader{}), nil)
	equal(t, errors.Is(err, errFull), true)
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errFull }

func TestErrorsSayWhatKindTheyAre(t *testing.T) {
	_, err := Open("/nowhere", nil)
	fails(t, err, NotFound)
	if !strings.Contains(err.Error(), "/nowhere") {
		t.Fatal(err)
	}
	_, err = OpenBytes([]byte("x"), nil)
	fails(t, err, Unsupported)
	_, err = Open("a\x00b", nil)
	fails(t, err, InvalidArgument)
	_, err = LoadELFBytes(must(os.ReadFile("testdata/small.elf")), 9)
	fails(t, err, InvalidArgument)
	m := machine(t, 30)
	fails(t, m.SetRevision("0.1"), NotFound)
	check(t, m.SetRevision("1.7.0"))
	equal(t, must(m.Revision()), "1.7.0")
	check(t, m.SetRevision(""))
	equal(t, must(m.Revision()), Revisions(8)[0])
	equal(t, len(Revisions(77)), 0)
	check(t, m.SetHintLimit(1<<20))
	check(t, m.OnOutput(nil))
	check(t, m.OnProgress(0, nil))
	check(t, m.SetPreimages(nil))
	check(t, m.SetPageLimit(1))
	_, err = m.Run(background, LastStep, nil)
	fails(t, err, NoMemory)
	check(t, m.Close())
	check(t, m.Close())
	_, err = m.Claim()
	fails(t, err, InvalidArgument)
	_, err = ParseClaim("0x03")
	equal(t, err != nil, true)
	equal(t, Version() != "", true)
	equal(t, Rejected.Error(), "falconet: rejected")
}

func TestAMachineInUseIsBusy(t *testing.T) {
	m := machine(t, 30)
	busy := make(chan error, 1)
	check(t, m.OnOutput(func(int, []byte) {
		_, err := m.Prove()
		select {
		case busy <- err:
		default:
		}
	}))
	must(m.Run(background, LastStep, nil))
	fails(t, <-busy, Busy)
}

func TestAProofHoldsFromItsFileAndAChangedOneDoesNot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "proof.json.gz")
	m := machine(t, 30)
	must(m.Run(background, firstRead, nil))
	proof := must(m.Prove())
	equal(t, must(proof.Info()).Post, must(m.Claim()))
	equal(t, must(proof.Preimage())[8:], number(30))
	check(t, proof.Save(path))
	read := must(OpenProof(path))
	equal(t, must(read.StateData()), must(proof.StateData()))
	equal(t, must(read.ProofData()), must(proof.ProofData()))
	check(t, read.Verify())
	var text bytes.Buffer
	check(t, proof.Write(&text, Uncompressed))
	post := must(proof.Info()).Post.String()
	changed := must(OpenProofBytes([]byte(strings.ReplaceAll(text.String(), post, prestate))))
	fails(t, changed.Verify(), Rejected)
	check(t, changed.Close())

	purposes := func(options *CalldataOptions) (purposes []string) {
		for _, call := range must(proof.Calldata(options)) {
			purposes = append(purposes, call.Purpose)
			equal(t, len(call.Data) > 4 && call.Function != "" && call.Contract != "", true)
		}
		return purposes
	}
	equal(t, purposes(nil), []string{"load", "step"})
	options := CalldataOptions{LocalContext: &[32]byte{1}, Caller: &[20]byte{1}, KZGProof: &[48]byte{1}}
	equal(t, purposes(&options), []string{"load", "read", "step"})
	_, err := proof.Calldata(&CalldataOptions{PreimageFolder: "/nowhere"})
	fails(t, err, PreimageError)
}

func TestATraceAnswersBeforeAndAfterARestartAndGoroutinesShareIt(t *testing.T) {
	folder := t.TempDir()
	file := func(name string) string { return filepath.Join(folder, name) }
	indices := []uint64{5, 50_000, lastSteps - 1, lastSteps + 9}
	for round := 0; round < 2; round++ {
		trace := must(OpenTrace(file("trace"), "testdata/state.bin.gz", nil))
		check(t, trace.SetPreimages(PreimageMap{key(): number(30)}, "30"))
		claim, witness, err := trace.Prestate()
		check(t, err)
		equal(t, []any{claim.String(), len(witness) > 0}, []any{prestate, true})
		answers := make(chan []TraceClaim, 4)
		for range [4]int{} {
			go func() { answers <- must(trace.Claims(indices)) }()
		}
		first := <-answers
		for range [3]int{} {
			equal(t, <-answers, first)
		}
		equal(t, []any{first[2].Claim.String(), first[2].PastEnd}, []any{end, false})
		equal(t, []any{first[3].Claim, first[3].PastEnd}, []any{first[2].Claim, true})
		step := must(trace.Step(5))
		equal(t, []any{step.Index, must(step.Proof.Info()).Post}, []any{uint64(5), first[0].Claim})
		check(t, step.Proof.Verify())
		last := must(trace.Last())
		equal(t, []any{last.Index, last.Claim}, []any{uint64(lastSteps - 1), first[2].Claim})
		info := must(trace.Info())
		equal(t, []any{info.Version, info.End, info.Executed == 0}, []any{uint32(8), last.Index, round == 1})
		equal(t, len(must(trace.Incidents())), 0)
		_, err = OpenTrace(file("trace"), "testdata/state.bin.gz", nil)
		fails(t, err, Locked)
		check(t, trace.Export(file("game")))
		check(t, trace.Prune())
		check(t, trace.Close())
	}
	// The directory is that of one input.
	trace := must(OpenTrace(file("trace"), "testdata/state.bin.gz", nil))
	check(t, trace.SetPreimages(PreimageMap{key(): number(29)}, "29"))
	_, err := trace.Claims(indices)
	fails(t, err, InvalidArgument)
	check(t, trace.Close())

	trace = must(OpenTraceMachine(file("other"), machine(t, 30), &TraceOptions{Checkpoints: 2}))
	adoption := must(trace.Adopt(file("game")))
	equal(t, []any{adoption.Proofs, len(adoption.Refused)}, []any{uint64(1), 0})
	check(t, trace.SetLocalInput(1, number(30)))
	check(t, trace.OnProgress(0, func(uint64) bool { return true }))
	trace.Cancel()
	_, err = trace.Claim(40_000)
	fails(t, err, Cancelled)
	check(t, trace.Delete())
	check(t, trace.Close())
	check(t, DeleteTrace(file("trace")))
}

func TestRunsWithOtherInputsPartWhenTheInputIsRead(t *testing.T) {
	first, second := machine(t, 30), machine(t, 29)
	found := must(first.Bisect(background, second, LastStep))
	equal(t, []any{found.AtStart, found.HasFirst, found.HasSecond}, []any{false, true, true})
	check(t, found.FirstProof.Verify())
	check(t, found.SecondProof.Verify())
	equal(t, must(found.SecondProof.Info()).Post, found.Second)
	equal(t, must(first.Bisect(background, second, found.Step)), (*Divergence)(nil))

	// By claims alone.
	claims := func(input uint64) ClaimFunc {
		return func(step uint64) (Claim, error) {
			m := machine(t, input)
			if _, err := m.Run(background, step, nil); err != nil {
				return Claim{}, err
			}
			return m.Claim()
		}
	}
	same := must(first.BisectClaims(background, claims(29), LastStep))
	equal(t, []any{same.Step, same.First, same.Second}, []any{found.Step, found.First, found.Second})
	equal(t, same.SecondProof, (*Proof)(nil))
	equal(t, must(first.BisectClaims(background, claims(30), LastStep)), (*Divergence)(nil))
	none := func(uint64) (Claim, error) { return Claim{}, Panic }
	equal(t, must(first.BisectClaims(background, none, LastStep)).AtStart, true)
	_, err := first.BisectClaims(background, func(uint64) (Claim, error) { return Claim{}, errFull }, LastStep)
	equal(t, errors.Is(err, errFull), true)
}

func TestSnapshotsAreDescribedConvertedAndCompared(t *testing.T) {
	folder := t.TempDir()
	bin, fsnap := filepath.Join(folder, "b.bin.gz"), filepath.Join(folder, "b.fsnap")
	m := machine(t, 30)
	must(m.Run(background, 2000, nil))
	check(t, m.Save(bin, FormatAuto))
	check(t, Convert(bin, nil, fsnap, FormatAuto))
	info := must(Describe(fsnap, nil))
	equal(t, []any{info.Version, info.Step, info.Exited, info.Verified}, []any{uint32(8), uint64(2000), false, true})
	equal(t, []any{info.Claim, info.Witness}, []any{must(m.Claim()), must(m.Witness())})
	equal(t, must(Diff(bin, fsnap, 1)).Same, true)
	difference := must(Diff("testdata/state.bin.gz", fsnap, 1000))
	equal(t, must(machine(t, 30).Diff(m, 1000)), difference)
	words, bytes := uint64(0), 0
	for _, change := range difference.Changes {
		if change.Kind == ChangedWord {
			words++
		}
		if change.Name == "step" {
			equal(t, []any{change.Kind, change.First, change.Second}, []any{ChangedField, uint64(0), uint64(2000)})
		}
		if change.FirstBytes != nil {
			bytes++
		}
	}
	equal(t, []any{words, difference.Same, bytes > 0}, []any{difference.Words, false, true})
}

func TestAProgramIsCheckedAndNamesFunctions(t *testing.T) {
	program := must(OpenProgram("testdata/small.elf"))
	found := must(program.Check(8, ""))
	equal(t, []any{found.Compatible, found.Functions > 0}, []any{true, true})
	for _, finding := range found.Findings {
		equal(t, finding.Harmful, false)
	}
	_, err := program.Check(9, "")
	fails(t, err, InvalidArgument)
	m := machine(t, 30)
	stop, profile, err := m.Profile(background, 20_000, program, 100)
	check(t, err)
	equal(t, []any{stop, must(m.Step())}, []any{StopStep, uint64(20_000)})
	var folded bytes.Buffer
	check(t, profile.Write(&folded, ProfileFolded, Uncompressed))
	equal(t, strings.Contains(folded.String(), "choose"), true)
	check(t, profile.Save(filepath.Join(t.TempDir(), "run.svg")))
	check(t, profile.Close())
	text := must(m.Traceback(program))
	equal(t, strings.HasPrefix(text, "thread 0 [running]:\n") && strings.Contains(text, "choose"), true)
	equal(t, strings.HasPrefix(must(m.Traceback(nil)), "thread 0"), true)
	check(t, program.Close())
}

func TestWhatIsNotClosedIsFreed(t *testing.T) {
	other := func() *Machine {
		return &Machine{handle: must(Open("testdata/state.bin.gz", nil)).handle}
	}()
	for {
		runtime.GC()
		if _, err := other.Step(); err != nil {
			fails(t, err, InvalidArgument)
			return
		}
		time.Sleep(time.Millisecond)
	}
}
