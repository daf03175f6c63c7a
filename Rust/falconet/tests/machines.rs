//! Machines: runs, events, callbacks, errors.

mod common;

use common::{data, key, machine, Folder, END, FIRST_READ, PRESTATE, STEPS};
use falconet::{
    BoxError, Claim, Compression, Engine, ErrorKind, Events, Format, Machine, OpenOptions,
    OutputStream, PreimageSource, Server, Stop, VmStatus,
};
use std::collections::HashMap;
use std::error::Error;
use std::ops::ControlFlow;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

#[test]
fn a_full_run_ends_with_the_recorded_claim() {
    for engine in [
        Engine::Translator,
        Engine::Portable,
        Engine::Step,
        Engine::Check,
    ] {
        let mut machine = machine(30);
        let output = Arc::new(Mutex::new(Vec::new()));
        let taken = output.clone();
        machine.set_engine(engine).unwrap();
        machine
            .on_output(move |stream, bytes| {
                assert_eq!(stream, OutputStream::Output);
                taken.lock().unwrap().extend_from_slice(bytes);
            })
            .unwrap();
        assert_eq!(machine.claim().unwrap().to_string(), PRESTATE);
        assert_eq!(
            machine.claim().unwrap().status(),
            Some(VmStatus::Unfinished)
        );
        assert_eq!(
            (machine.step(), machine.version(), machine.exit_code()),
            (0, 8, None)
        );
        assert_eq!(machine.run(u64::MAX).unwrap(), Stop::Exited);
        assert_eq!((machine.step(), machine.exit_code()), (STEPS, Some(0)));
        assert_eq!(machine.claim().unwrap(), END.parse::<Claim>().unwrap());
        assert_eq!(
            *output.lock().unwrap(),
            b"choose 30 is 10584657415417700764\n"
        );
        assert_eq!(machine.prove().err().unwrap().kind(), ErrorKind::Exited);
    }
}

#[test]
fn a_run_stops_where_it_is_told() {
    let mut machine = machine(30);
    let events = Events::new().stop_after_preimage_reads();
    assert_eq!(
        machine.run_with(u64::MAX, events).unwrap(),
        Stop::PreimageRead
    );
    assert_eq!(machine.step(), FIRST_READ + 1);
    assert_eq!(machine.last_read().unwrap().key, key());
    let pc = machine.threads()[0].pc;
    machine.set_stop_range(pc..pc + 4).unwrap();
    assert_eq!(machine.run(u64::MAX).unwrap(), Stop::Address);
    machine.set_stop_range(0..0).unwrap();
    assert_eq!(machine.run(1000).unwrap(), Stop::Step);
    machine.on_progress(0, |_| ControlFlow::Break(())).unwrap();
    assert_eq!(machine.run(u64::MAX).unwrap(), Stop::Cancelled);
}

#[test]
fn one_run_proves_and_pauses_at_many_steps() {
    let mut machine = machine(30);
    let (mut proofs, mut pauses) = (Vec::new(), Vec::new());
    let events = Events::new()
        .prove([FIRST_READ, 40_000], 10_000, |proof| {
            proofs.push(proof);
            ControlFlow::Continue(())
        })
        .pause_every(20_000, |machine| {
            pauses.push((machine.step(), machine.claim().unwrap()));
            ControlFlow::Continue(())
        });
    assert_eq!(machine.run_with(u64::MAX, events).unwrap(), Stop::Exited);
    let steps: Vec<_> = proofs.iter().map(|proof| proof.step().unwrap()).collect();
    assert_eq!(
        steps,
        [0, FIRST_READ, 10_000, 20_000, 30_000, 40_000, 50_000]
    );
    for proof in &proofs {
        proof.verify().unwrap();
        proof.verify_as(Some(8), Some("1.7.0")).unwrap();
    }
    assert_eq!(proofs[1].preimage_read().unwrap().key, key());
    assert_eq!(
        pauses.iter().map(|(step, _)| *step).collect::<Vec<_>>(),
        [0, 20_000, 40_000]
    );
    assert_eq!(pauses[0].1.to_string(), PRESTATE);
    assert_eq!(Some(pauses[1].1), proofs[3].pre());
}

#[test]
fn a_callback_ends_a_run_which_can_continue() {
    let mut machine = machine(30);
    let events = Events::new().prove_at([1000], |_| ControlFlow::Break(()));
    assert_eq!(machine.run_with(u64::MAX, events).unwrap(), Stop::Cancelled);
    assert_eq!(machine.step(), 1001);
    let events = Events::new().pause_at([2000], |_| ControlFlow::Break(()));
    assert_eq!(machine.run_with(u64::MAX, events).unwrap(), Stop::Cancelled);
    assert_eq!(machine.step(), 2000);
    assert_eq!(machine.run(u64::MAX).unwrap(), Stop::Exited);
    assert_eq!(machine.claim().unwrap().to_string(), END);
}

#[test]
fn another_thread_cancels_a_run() {
    let mut machine = machine(30);
    let canceller = machine.canceller();
    thread::spawn(move || canceller.cancel()).join().unwrap();
    assert_eq!(machine.run(u64::MAX).unwrap(), Stop::Cancelled);
    machine.canceller().cancel();
    machine.canceller().resume();
    // A machine moves to another thread with its callbacks.
    let machine = thread::spawn(move || {
        machine.run(u64::MAX).unwrap();
        machine
    });
    let machine = machine.join().unwrap();
    let canceller = machine.canceller();
    assert_eq!(machine.step(), STEPS);
    drop(machine);
    canceller.cancel();
}

/// A source that counts, and that fails as it is told.
struct Source(HashMap<[u8; 32], Vec<u8>>, Arc<Mutex<u32>>);

impl PreimageSource for Source {
    fn preimage(&mut self, key: &[u8; 32]) -> Result<Option<Vec<u8>>, BoxError> {
        *self.1.lock().unwrap() += 1;
        Ok(self.0.get(key).cloned())
    }
}

#[test]
fn pre_images_come_from_maps_closures_and_sources() {
    let input = 30u64.to_be_bytes().to_vec();
    let map = HashMap::from([(key(), input.clone())]);
    let reads = Arc::new(Mutex::new(0));
    let mut machine = Machine::open(data("state.bin.gz")).unwrap();
    machine
        .set_preimages(Source(map.clone(), reads.clone()))
        .unwrap();
    machine.run(1000).unwrap();
    assert_eq!(*reads.lock().unwrap(), 1);
    let mut machine = Machine::load_elf(data("small.elf"), 8).unwrap();
    machine.set_preimages(map).unwrap();
    machine.run(u64::MAX).unwrap();
    assert_eq!(machine.claim().unwrap().to_string(), END);

    let mut machine = Machine::open(data("state.bin.gz")).unwrap();
    machine.set_preimages(|_: &[u8; 32]| Ok(None)).unwrap();
    let error = machine.run(u64::MAX).unwrap_err();
    assert_eq!(
        (error.kind(), machine.step()),
        (ErrorKind::Preimage, FIRST_READ)
    );
    machine
        .set_preimages(|_: &[u8; 32]| Err("the disk is gone".into()))
        .unwrap();
    let error = machine.run(u64::MAX).unwrap_err();
    assert!(error.to_string().contains("the disk is gone"), "{error}");
    assert_eq!(error.source().unwrap().to_string(), "the disk is gone");
    // What failed can be retried.
    machine
        .set_preimages(move |_: &[u8; 32]| Ok(Some(input.clone())))
        .unwrap();
    machine.run(u64::MAX).unwrap();
    assert_eq!(machine.claim().unwrap().to_string(), END);
}

#[test]
fn a_folder_and_a_server_are_sources() {
    let folder = Folder::new();
    let name = format!("0x01{:062}.txt", 1);
    std::fs::write(folder.file(&name), "000000000000001e").unwrap();
    let mut machine = Machine::open(data("state.bin.gz")).unwrap();
    machine.set_preimage_folder(folder.file("")).unwrap();
    machine.run(u64::MAX).unwrap();
    assert_eq!(machine.claim().unwrap().to_string(), END);

    // A server that says something and answers nothing.
    let said = Arc::new(Mutex::new(Vec::new()));
    let taken = said.clone();
    let server = Server::new(["sh", "-c", "echo ready; cat <&5 > /dev/null"])
        .timeout(Some(Duration::from_secs(1)))
        .on_output(move |_, bytes| taken.lock().unwrap().extend_from_slice(bytes));
    let mut machine = Machine::open(data("state.bin.gz")).unwrap();
    machine.set_preimage_server(server).unwrap();
    assert_eq!(
        machine.run(u64::MAX).unwrap_err().kind(),
        ErrorKind::Preimage
    );
    drop(machine);
    assert_eq!(*said.lock().unwrap(), b"ready\n");
    let mut machine = Machine::open(data("state.bin.gz")).unwrap();
    let error = machine
        .set_preimage_server(Server::new(["/nowhere/server"]))
        .unwrap_err();
    assert!(error.to_string().contains("/nowhere/server"), "{error}");
}

#[test]
fn panics_of_callbacks_pass_through_the_run() {
    let payload = |machine: &mut Machine| {
        let run = AssertUnwindSafe(|| machine.run(u64::MAX));
        *catch_unwind(run).unwrap_err().downcast::<&str>().unwrap()
    };
    let mut machine = machine(30);
    machine.on_output(|_, _| panic!("output")).unwrap();
    // Reported at once, to keep the test's log short.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let output = payload(&mut machine);
    let mut machine = Machine::open(data("state.bin.gz")).unwrap();
    machine
        .set_preimages(|_: &[u8; 32]| -> Result<_, BoxError> { panic!("source") })
        .unwrap();
    let source = payload(&mut machine);
    std::panic::set_hook(hook);
    assert_eq!((output, source), ("output", "source"));
    assert_eq!(machine.step(), FIRST_READ);
}

#[test]
fn snapshots_come_back_from_every_way() {
    let folder = Folder::new();
    let mut machine = machine(30);
    machine.run(1000).unwrap();
    let claim = machine.claim().unwrap();
    machine.save(folder.file("a.fsnap"), None).unwrap();
    machine.save(folder.file("b"), Format::Bin).unwrap();
    let mut bytes = Vec::new();
    machine
        .write(&mut bytes, Format::Bin, Compression::Zstd)
        .unwrap();
    let copies = [
        Machine::open(folder.file("a.fsnap")).unwrap(),
        OpenOptions::new()
            .format(Format::Bin)
            .open(folder.file("b"))
            .unwrap(),
        Machine::from_bytes(&bytes).unwrap(),
        OpenOptions::new().from_reader(&bytes[..]).unwrap(),
    ];
    for copy in &copies {
        assert_eq!((copy.claim().unwrap(), copy.step()), (claim, 1000));
        assert!(copy.is_verified());
        assert_eq!(copy.witness().unwrap(), machine.witness().unwrap());
        assert_eq!(copy.page_count(), machine.page_count());
        assert_eq!(copy.threads(), machine.threads());
    }
    let trusted = OpenOptions::new()
        .trust_pages(true)
        .open(folder.file("a.fsnap"))
        .unwrap();
    assert!(!trusted.is_verified());
    assert_eq!(trusted.claim().unwrap(), claim);
    assert!(trusted.is_verified());
    let mut word = [0; 4];
    machine
        .read_memory(machine.threads()[0].pc, &mut word)
        .unwrap();
    assert_ne!(word, [0; 4]);

    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::new(std::io::ErrorKind::Other, "full"))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let error = machine
        .write(Full, Format::Bin, Compression::None)
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.source().unwrap().to_string()),
        (ErrorKind::Io, "full".into())
    );
}

#[test]
fn errors_say_what_kind_they_are() {
    let error = Machine::open("/nowhere").err().unwrap();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("/nowhere"));
    assert_eq!(
        Machine::from_bytes(b"x").err().unwrap().kind(),
        ErrorKind::Unsupported
    );
    assert_eq!(
        Machine::open("a\0b").err().unwrap().kind(),
        ErrorKind::InvalidArgument
    );
    assert_eq!(
        Machine::load_elf(data("small.elf"), 9)
            .err()
            .unwrap()
            .kind(),
        ErrorKind::InvalidArgument
    );
    let mut machine = machine(30);
    assert_eq!(
        machine.set_revision(Some("0.1")).unwrap_err().kind(),
        ErrorKind::NotFound
    );
    machine.set_revision(Some("1.7.0")).unwrap();
    assert_eq!(machine.revision(), "1.7.0");
    machine.set_revision(None).unwrap();
    assert_eq!(falconet::revisions(8)[0], machine.revision());
    assert!(falconet::revisions(77).is_empty());
    machine.set_page_limit(Some(1)).unwrap();
    assert_eq!(
        machine.run(u64::MAX).unwrap_err().kind(),
        ErrorKind::NoMemory
    );
    assert!("0x03".parse::<Claim>().is_err());
    assert!(!falconet::version().is_empty());
}
