/*
 * fpvm_calls.h: the functions of a table as functions of C, for languages that cannot call a pointer
 * to a function, such as Go. Each is FPVM_UNSUPPORTED if the table lacks the function.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef FPVM_CALLS_H
#define FPVM_CALLS_H

#include "fpvm.h"

/*
 * The table behind the symbol fpvm_get, as dlsym() gives it. NULL if there is none, or if it is not
 * a table of version 1 with all that such a table must have.
 */
static inline const fpvm_table *fpvm_call_get(void *symbol) {
  union {
    void *symbol;
    fpvm_get_fn get;
  } entry;
  const fpvm_table *table;
  entry.symbol = symbol;
  if (!symbol) return NULL;
  table = entry.get(FPVM_ABI);
  if (!table || table->size < offsetof(fpvm_table, describe) + sizeof table->describe) return NULL;
  if (table->abi != FPVM_ABI || table->kind_count == 0 || !table->kinds) return NULL;
  if (table->claim_size == 0 || table->claim_size > FPVM_CLAIM_MAX) return NULL;
  if (!table->load_state || !table->free_machine || !table->free_bytes || !table->set_callbacks)
    return NULL;
  if (!table->info || !table->claim || !table->witness || !table->claim_of_witness) return NULL;
  if (!table->save_state || !table->write_state || !table->run) return NULL;
  return table;
}

#define FPVM_CALL(name, parameters, arguments)                                   \
  static inline int32_t fpvm_call_##name parameters {                            \
    return FPVM_HAS(table, name) ? table->name arguments : FPVM_UNSUPPORTED;     \
  }

FPVM_CALL(load_program,
    (const fpvm_table *table, const fpvm_input *program, fpvm_machine **machine, fpvm_error *error),
    (program, machine, error))
FPVM_CALL(load_state,
    (const fpvm_table *table, const fpvm_input *state, fpvm_machine **machine, fpvm_error *error),
    (state, machine, error))
FPVM_CALL(clone,
    (const fpvm_table *table, fpvm_machine *machine, fpvm_machine **copy, fpvm_error *error),
    (machine, copy, error))
FPVM_CALL(free_machine, (const fpvm_table *table, fpvm_machine *machine), (machine))
FPVM_CALL(set_callbacks,
    (const fpvm_table *table, fpvm_machine *machine, const fpvm_callbacks *callbacks,
     fpvm_error *error),
    (machine, callbacks, error))
FPVM_CALL(info,
    (const fpvm_table *table, fpvm_machine *machine, fpvm_info *info, fpvm_error *error),
    (machine, info, error))
FPVM_CALL(claim,
    (const fpvm_table *table, fpvm_machine *machine, uint8_t *claim, uint64_t room,
     fpvm_error *error),
    (machine, claim, room, error))
FPVM_CALL(witness,
    (const fpvm_table *table, fpvm_machine *machine, fpvm_bytes *witness, fpvm_error *error),
    (machine, witness, error))
FPVM_CALL(claim_of_witness,
    (const fpvm_table *table, uint32_t kind, const uint8_t *witness, uint64_t count,
     uint8_t *claim, uint64_t room, fpvm_error *error),
    (kind, witness, count, claim, room, error))
FPVM_CALL(save_state,
    (const fpvm_table *table, fpvm_machine *machine, fpvm_bytes *state, fpvm_error *error),
    (machine, state, error))
FPVM_CALL(write_state,
    (const fpvm_table *table, fpvm_machine *machine, fpvm_write_fn write, void *context,
     fpvm_error *error),
    (machine, write, context, error))
FPVM_CALL(run,
    (const fpvm_table *table, fpvm_machine *machine, const fpvm_run *run, fpvm_stop *stop,
     fpvm_error *error),
    (machine, run, stop, error))
FPVM_CALL(prove,
    (const fpvm_table *table, fpvm_machine *machine, const fpvm_proof **proof, fpvm_error *error),
    (machine, proof, error))
FPVM_CALL(verify, (const fpvm_table *table, const fpvm_proof *proof, fpvm_error *error),
    (proof, error))
FPVM_CALL(describe,
    (const fpvm_table *table, fpvm_machine *machine, fpvm_bytes *text, fpvm_error *error),
    (machine, text, error))

static inline void fpvm_call_free_bytes(const fpvm_table *table, fpvm_bytes *bytes) {
  if (FPVM_HAS(table, free_bytes)) table->free_bytes(bytes);
}

static inline void fpvm_call_free_proof(const fpvm_table *table, const fpvm_proof *proof) {
  if (FPVM_HAS(table, free_proof)) table->free_proof(proof);
}

#undef FPVM_CALL

#endif
