/* Calls of the library that take callbacks: these call functions of Go, which get a number as context. */
#ifndef FALCONET_GO_BRIDGE_H
#define FALCONET_GO_BRIDGE_H

#include <falconet.h>
#include <stdlib.h>

/* A number that is the same in all calls of one thread, and different from that of any other. */
uintptr_t falconet_go_thread(void);

falconet_status falconet_go_open_stream(
    uintptr_t context, const falconet_reading *reading, falconet_machine **machine);
falconet_status falconet_go_machine_preimages(falconet_machine *machine, uintptr_t context);
falconet_status falconet_go_trace_preimages(falconet_trace *trace, uintptr_t context);
falconet_status falconet_go_machine_server(
    falconet_machine *machine, char **command, uint32_t timeout, uintptr_t context);
falconet_status falconet_go_trace_server(
    falconet_trace *trace, char **command, uint32_t timeout, uintptr_t context);
falconet_status falconet_go_machine_output(falconet_machine *machine, uintptr_t context);
falconet_status falconet_go_machine_progress(
    falconet_machine *machine, uint64_t interval, uintptr_t context);
falconet_status falconet_go_trace_progress(
    falconet_trace *trace, uint64_t interval, uintptr_t context);
falconet_status falconet_go_machine_run(
    falconet_machine *machine, uint64_t step, uint32_t flags, falconet_steps proofs,
    falconet_steps pauses, uintptr_t context, falconet_stop *stop);
falconet_status falconet_go_machine_write(
    falconet_machine *machine, falconet_format format, falconet_compression compression,
    uintptr_t context);
falconet_status falconet_go_proof_write(
    falconet_proof *proof, falconet_compression compression, uintptr_t context);
falconet_status falconet_go_profile_write(
    falconet_profile *profile, falconet_profile_format format, falconet_compression compression,
    uintptr_t context);
falconet_status falconet_go_bisect_claims(
    falconet_machine *machine, uintptr_t context, uint64_t limit, falconet_divergence *divergence);
falconet_status falconet_go_machine_diff(
    falconet_machine *first, falconet_machine *second, size_t pages, uintptr_t context,
    falconet_difference_totals *totals);
falconet_status falconet_go_snapshot_diff(
    const char *first, const char *second, size_t pages, uintptr_t context,
    falconet_difference_totals *totals);
falconet_status falconet_go_calldata(
    falconet_proof *proof, const falconet_calldata_options *options, uintptr_t context);
falconet_status falconet_go_check(
    falconet_program *program, uint32_t version, const char *revision, uintptr_t context,
    falconet_check *check);
falconet_status falconet_go_incidents(falconet_trace *trace, uintptr_t context);
falconet_status falconet_go_adopt(
    falconet_trace *trace, const char *path, falconet_trace_adoption *adoption, uintptr_t context);

#endif
