#include "_cgo_export.h"
#include "bridge.h"
#include <pthread.h>

/* Go declares no constants: the casts take them away. */

static int64_t read_fn(void *context, void *bytes, size_t count) {
  return falconetGoRead((uintptr_t)context, bytes, count);
}

static int32_t write_fn(void *context, const void *bytes, size_t count) {
  return falconetGoWrite((uintptr_t)context, (void *)bytes, count);
}

static falconet_status preimage_fn(
    void *context, const uint8_t key[32], falconet_answer *answer) {
  return falconetGoPreimage((uintptr_t)context, (uint8_t *)key, answer);
}

static falconet_status hint_fn(void *context, const uint8_t *hint, size_t count) {
  return falconetGoHint((uintptr_t)context, (uint8_t *)hint, count);
}

static void output_fn(void *context, int32_t stream, const uint8_t *bytes, size_t count) {
  falconetGoOutput((uintptr_t)context, stream, (uint8_t *)bytes, count);
}

static bool progress_fn(void *context, uint64_t step) {
  return falconetGoProgress((uintptr_t)context, step);
}

static bool proof_fn(void *context, falconet_proof *proof) {
  return falconetGoProof((uintptr_t)context, proof);
}

static bool pause_fn(void *context, const falconet_machine *machine) {
  (void)machine;
  return falconetGoPause((uintptr_t)context);
}

static falconet_status claim_fn(void *context, uint64_t step, uint8_t claim[32]) {
  return falconetGoClaim((uintptr_t)context, step, claim);
}

static void difference_fn(void *context, const falconet_difference *difference) {
  falconetGoDifference((uintptr_t)context, (falconet_difference *)difference);
}

static void call_fn(void *context, const falconet_contract_call *call) {
  falconetGoContractCall((uintptr_t)context, (falconet_contract_call *)call);
}

static void finding_fn(void *context, const falconet_finding *finding) {
  falconetGoFinding((uintptr_t)context, (falconet_finding *)finding);
}

static void incident_fn(
    void *context, const char *path, const char *reason, const char *moved_to) {
  falconetGoIncident((uintptr_t)context, (char *)path, (char *)reason, (char *)moved_to);
}

uintptr_t falconet_go_thread(void) { return (uintptr_t)pthread_self(); }

falconet_status falconet_go_open_stream(
    uintptr_t context, const falconet_reading *reading, falconet_machine **machine) {
  return falconet_machine_open_stream(read_fn, (void *)context, reading, machine);
}

falconet_status falconet_go_machine_preimages(falconet_machine *machine, uintptr_t context) {
  return falconet_machine_set_preimages(
      machine, context ? preimage_fn : NULL, context ? hint_fn : NULL, (void *)context);
}

falconet_status falconet_go_trace_preimages(falconet_trace *trace, uintptr_t context) {
  return falconet_trace_set_preimages(
      trace, context ? preimage_fn : NULL, context ? hint_fn : NULL, (void *)context);
}

falconet_status falconet_go_machine_server(
    falconet_machine *machine, char **command, uint32_t timeout, uintptr_t context) {
  return falconet_machine_set_preimage_server(
      machine, (const char *const *)command, timeout, context ? output_fn : NULL, (void *)context);
}

falconet_status falconet_go_trace_server(
    falconet_trace *trace, char **command, uint32_t timeout, uintptr_t context) {
  return falconet_trace_set_preimage_server(
      trace, (const char *const *)command, timeout, context ? output_fn : NULL, (void *)context);
}

falconet_status falconet_go_machine_output(falconet_machine *machine, uintptr_t context) {
  return falconet_machine_set_output(machine, context ? output_fn : NULL, (void *)context);
}

falconet_status falconet_go_machine_progress(
    falconet_machine *machine, uint64_t interval, uintptr_t context) {
  return falconet_machine_set_progress(machine, progress_fn, interval, (void *)context);
}

falconet_status falconet_go_trace_progress(
    falconet_trace *trace, uint64_t interval, uintptr_t context) {
  return falconet_trace_set_progress(trace, progress_fn, interval, (void *)context);
}

falconet_status falconet_go_machine_run(
    falconet_machine *machine, uint64_t step, uint32_t flags, falconet_steps proofs,
    falconet_steps pauses, uintptr_t context, falconet_stop *stop) {
  falconet_events events = {proofs, proof_fn, pauses, pause_fn, (void *)context};
  return falconet_machine_run_events(machine, step, flags, context ? &events : NULL, stop);
}

falconet_status falconet_go_machine_write(
    falconet_machine *machine, falconet_format format, falconet_compression compression,
    uintptr_t context) {
  return falconet_machine_write(machine, format, compression, write_fn, (void *)context);
}

falconet_status falconet_go_proof_write(
    falconet_proof *proof, falconet_compression compression, uintptr_t context) {
  return falconet_proof_write(proof, compression, write_fn, (void *)context);
}

falconet_status falconet_go_profile_write(
    falconet_profile *profile, falconet_profile_format format, falconet_compression compression,
    uintptr_t context) {
  return falconet_profile_write(profile, format, compression, write_fn, (void *)context);
}

falconet_status falconet_go_bisect_claims(
    falconet_machine *machine, uintptr_t context, uint64_t limit, falconet_divergence *divergence) {
  return falconet_machine_bisect_claims(machine, claim_fn, (void *)context, limit, divergence);
}

falconet_status falconet_go_machine_diff(
    falconet_machine *first, falconet_machine *second, size_t pages, uintptr_t context,
    falconet_difference_totals *totals) {
  return falconet_machine_diff(first, second, pages, difference_fn, (void *)context, totals);
}

falconet_status falconet_go_snapshot_diff(
    const char *first, const char *second, size_t pages, uintptr_t context,
    falconet_difference_totals *totals) {
  return falconet_snapshot_diff(
      first, NULL, second, NULL, pages, difference_fn, (void *)context, totals);
}

falconet_status falconet_go_calldata(
    falconet_proof *proof, const falconet_calldata_options *options, uintptr_t context) {
  return falconet_proof_calldata(proof, options, call_fn, (void *)context);
}

falconet_status falconet_go_check(
    falconet_program *program, uint32_t version, const char *revision, uintptr_t context,
    falconet_check *check) {
  return falconet_program_check(program, version, revision, finding_fn, (void *)context, check);
}

falconet_status falconet_go_incidents(falconet_trace *trace, uintptr_t context) {
  return falconet_trace_incidents(trace, incident_fn, (void *)context);
}

falconet_status falconet_go_adopt(
    falconet_trace *trace, const char *path, falconet_trace_adoption *adoption, uintptr_t context) {
  return falconet_trace_adopt(trace, path, adoption, incident_fn, (void *)context);
}
