//! Proofs, traces, comparisons, programs.

mod common;

use common::{data, machine, Folder, END, FIRST_READ, PRESTATE, STEPS};
use falconet::{
    snapshot, CalldataOptions, Change, Compression, ErrorKind, OpenOptions, ProfileFormat, Program,
    Proof, Stop, Trace, TraceOptions, Value,
};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;

#[test]
fn a_proof_holds_from_its_file_and_a_changed_one_does_not() {
    let folder = Folder::new();
    let mut machine = machine(30);
    machine.run(FIRST_READ).unwrap();
    let proof = machine.prove().unwrap();
    assert_eq!(proof.post(), machine.claim().unwrap());
    assert_eq!(proof.preimage().unwrap()[8..], 30u64.to_be_bytes());
    proof.save(folder.file("proof.json.gz")).unwrap();
    let read = Proof::open(folder.file("proof.json.gz")).unwrap();
    assert_eq!(
        (read.step(), read.pre(), read.post()),
        (proof.step(), proof.pre(), proof.post())
    );
    assert_eq!(read.state_data().unwrap(), proof.state_data().unwrap());
    assert_eq!(read.proof_data().unwrap(), proof.proof_data().unwrap());
    read.verify().unwrap();
    let mut json = Vec::new();
    proof.write(&mut json, Compression::None).unwrap();
    let text = String::from_utf8(json).unwrap();
    let post = proof.post().to_string();
    let changed = Proof::from_bytes(text.replace(&post, PRESTATE).as_bytes()).unwrap();
    let error = changed.verify().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);

    let calls = proof.calldata(&CalldataOptions::default()).unwrap();
    assert_eq!(
        calls.iter().map(|call| &*call.purpose).collect::<Vec<_>>(),
        ["load", "step"]
    );
    let options = CalldataOptions {
        caller: Some([1; 20]),
        ..CalldataOptions::default()
    };
    let calls = proof.calldata(&options).unwrap();
    assert_eq!(calls.len(), 3);
    assert_eq!(
        (&*calls[2].contract, &*calls[2].function),
        ("MIPS", "step(bytes,bytes,bytes32)")
    );
    assert!(calls[2].data.len() > 4);
}

#[test]
fn a_trace_answers_before_and_after_a_restart_and_threads_share_it() {
    let folder = Folder::new();
    let indices = [5, 50_000, STEPS - 1, STEPS + 9];
    let asked = Arc::new(AtomicU32::new(0));
    for round in 0..2 {
        let trace = Trace::open(
            folder.file("trace"),
            data("state.bin.gz"),
            &TraceOptions::default(),
        )
        .unwrap();
        let counted = asked.clone();
        let source = move |_: &[u8; 32]| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok(Some(30u64.to_be_bytes().to_vec()))
        };
        trace.set_preimages(source, Some("30")).unwrap();
        assert_eq!(trace.prestate().unwrap().0.to_string(), PRESTATE);
        let answers = std::thread::spawn({
            let trace = Arc::new(trace);
            let other = trace.clone();
            move || {
                let thread = std::thread::spawn(move || other.claims(&indices).unwrap());
                (
                    trace.claims(&indices).unwrap(),
                    thread.join().unwrap(),
                    trace,
                )
            }
        });
        let (mine, theirs, trace) = answers.join().unwrap();
        assert_eq!(mine, theirs);
        assert_eq!(mine[2].claim.to_string(), END);
        assert_eq!(
            (mine[2].past_end, mine[3].past_end, mine[3].claim),
            (false, true, mine[2].claim)
        );
        let step = trace.step(5).unwrap();
        assert_eq!((step.index, step.proof.post()), (5, mine[0].claim));
        step.proof.verify().unwrap();
        let last = trace.last().unwrap();
        assert_eq!((last.index, last.claim), (STEPS - 1, mine[2].claim));
        let info = trace.info().unwrap();
        assert_eq!((info.version, info.end), (8, Some(STEPS - 1)));
        assert_eq!(info.executed == 0, round == 1);
        assert!(trace.incidents().unwrap().is_empty());
        let locked = Trace::open(
            folder.file("trace"),
            data("state.bin.gz"),
            &TraceOptions::default(),
        );
        assert_eq!(locked.err().unwrap().kind(), ErrorKind::Locked);
        trace.export(folder.file(&format!("game-{round}"))).unwrap();
        trace.prune().unwrap();
    }
    assert!(asked.load(Ordering::Relaxed) > 0);
    // The directory is that of one input.
    let trace = Trace::open(
        folder.file("trace"),
        data("state.bin.gz"),
        &TraceOptions::default(),
    )
    .unwrap();
    let other = |_: &[u8; 32]| Ok(Some(29u64.to_be_bytes().to_vec()));
    trace.set_preimages(other, Some("29")).unwrap();
    let error = trace.claims(&indices).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    drop(trace);
    let mut prestate = machine(30);
    let options = TraceOptions::default();
    let trace = Trace::open_machine(folder.file("other"), &mut prestate, &options).unwrap();
    let adoption = trace.adopt(folder.file("game-1")).unwrap();
    assert_eq!((adoption.proofs, adoption.refused.len()), (1, 0));
    trace.on_progress(0, |_| ControlFlow::Break(())).unwrap();
    trace.set_local_input(1, &30u64.to_be_bytes()).unwrap();
    trace.canceller().cancel();
    assert_eq!(
        trace.claim(40_000).err().unwrap().kind(),
        ErrorKind::Cancelled
    );
    trace.delete().unwrap();
    Trace::delete_folder(folder.file("trace")).unwrap();
    assert!(!folder.file("trace").join("trace.json").exists());
}

#[test]
fn runs_with_other_inputs_part_when_the_input_is_read() {
    let (mut first, mut second) = (machine(30), machine(29));
    let found = first.bisect(&mut second, u64::MAX).unwrap().unwrap();
    assert!(!found.at_start && found.step >= FIRST_READ);
    let proofs = (found.proofs.0.unwrap(), found.proofs.1.unwrap());
    proofs.0.verify().unwrap();
    proofs.1.verify().unwrap();
    assert_eq!(found.claims, (Some(proofs.0.post()), Some(proofs.1.post())));
    assert!(first.bisect(&mut second, found.step).unwrap().is_none());

    // By claims alone.
    let claims = |number| {
        move |step| {
            let mut machine = machine(number);
            machine.run(step)?;
            Ok(Some(machine.claim()?))
        }
    };
    let same = first.bisect_claims(claims(29), u64::MAX).unwrap().unwrap();
    assert_eq!((same.step, same.claims), (found.step, found.claims));
    assert!(same.proofs.1.is_none());
    assert!(first.bisect_claims(claims(30), u64::MAX).unwrap().is_none());
    assert!(
        first
            .bisect_claims(|_| Ok(None), u64::MAX)
            .unwrap()
            .unwrap()
            .at_start
    );
    let error = first
        .bisect_claims(|_| Err("no line".into()), u64::MAX)
        .err()
        .unwrap();
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "no line"
    );
}

#[test]
fn snapshots_are_described_converted_and_compared() {
    let folder = Folder::new();
    let mut machine = machine(30);
    machine.run(2000).unwrap();
    machine.save(folder.file("b.bin.gz"), None).unwrap();
    let plain = OpenOptions::new();
    snapshot::convert(
        folder.file("b.bin.gz"),
        &plain,
        folder.file("b.fsnap"),
        None,
    )
    .unwrap();
    let info = snapshot::describe(folder.file("b.fsnap"), &plain).unwrap();
    assert_eq!(
        (info.version, info.step, info.exit_code, info.verified),
        (8, 2000, None, true)
    );
    assert_eq!(
        (info.claim, info.witness),
        (machine.claim().unwrap(), machine.witness().unwrap())
    );
    assert!(
        snapshot::diff(folder.file("b.bin.gz"), folder.file("b.fsnap"), 1)
            .unwrap()
            .same
    );
    let difference = snapshot::diff(data("state.bin.gz"), folder.file("b.fsnap"), 1000).unwrap();
    let other = falconet::Machine::open(data("state.bin.gz")).unwrap();
    assert_eq!(other.diff(&machine, 1000).unwrap(), difference);
    let words = difference
        .changes
        .iter()
        .filter(|change| matches!(change, Change::Word { .. }));
    assert_eq!(words.count() as u64, difference.words);
    let step = Change::Field {
        name: "step".into(),
        values: (Some(Value::Number(0)), Some(Value::Number(2000))),
    };
    assert!(difference.changes.contains(&step), "{difference:?}");
    assert!(difference.changes.iter().any(|change| matches!(
        change,
        Change::Field {
            values: (Some(Value::Bytes(_)), Some(Value::Bytes(_))),
            ..
        }
    )));
}

#[test]
fn a_program_is_checked_and_names_functions() {
    let program = Program::open(data("small.elf")).unwrap();
    let check = program.check(8, None).unwrap();
    assert!(check.compatible && check.functions > 0);
    assert!(check.findings.iter().all(|finding| !finding.harmful));
    assert_eq!(
        program.check(9, None).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    let mut machine = machine(30);
    let (stop, profile) = machine.profile(20_000, Some(&program), 100).unwrap();
    assert_eq!((stop, machine.step()), (Stop::Step, 20_000));
    let mut folded = Vec::new();
    profile
        .write(&mut folded, ProfileFormat::Folded, Compression::None)
        .unwrap();
    let folded = String::from_utf8(folded).unwrap();
    assert!(folded.contains("choose"), "{folded}");
    let folder = Folder::new();
    profile.save(folder.file("run.svg")).unwrap();
    let text = machine.traceback(Some(&program)).unwrap();
    assert!(text.starts_with("thread 0 [running]:\n"), "{text}");
    assert!(text.contains("choose"), "{text}");
    assert!(machine.traceback(None).unwrap().starts_with("thread 0"));
}
