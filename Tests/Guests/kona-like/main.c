/*
 * A fault proof program as Kona's client is one: from the boot information, the headers and
 * transactions of L1, and the state of L2, it computes an output root, and says whether it is the
 * claimed one. Its blocks and transactions are simpler than Ethereum's: see preimages.py.
 */
#include "boot.h"
#include "contract.h"
#include "heap.h"
#include "trie.h"

/* Elements of a header. */
enum { PARENT = 0, STATE_ROOT = 3, TRANSACTIONS_ROOT = 4, NUMBER = 8, TIMESTAMP = 11, FIELDS = 15 };

struct header {
  struct bytes encoded;
  struct item items[FIELDS];
};

static struct header read_header(const struct hash *hash, const char *hint_name) {
  struct header header;
  header.encoded = keccak_preimage(hash, hint_name);
  if (rlp_list(header.encoded, header.items, FIELDS) != FIELDS)
    panic("a header has a wrong number of elements");
  return header;
}

static struct hash header_hash(const struct header *header, int field) {
  struct hash hash;
  if (header->items[field].payload.count != 32) panic("a header's hash is not 32 bytes long");
  memcpy(&hash, header->items[field].payload.data, 32);
  return hash;
}

static u64 header_number(const struct header *header, int field) {
  return rlp_number(header->items[field]);
}

/* Elements of an account. */
enum { NONCE = 0, BALANCE = 1, STORAGE_ROOT = 2, CODE_HASH = 3 };

struct account {
  struct hash key, storage, code;
  u64 nonce, balance;
};

struct chain {
  struct boot boot;
  struct trie state;
  struct header head;
  struct hash head_hash, storage_root;
};

static struct account load_account(struct chain *chain, const u8 address[20]) {
  struct account account;
  struct bytes value;
  struct item items[4];
  u8 what[28];
  store_be64(what, header_number(&chain->head, NUMBER));
  memcpy(what + 8, address, 20);
  hint("l2-account-proof", what, sizeof what);
  keccak256(&account.key, address, 20);
  if (!trie_find(&chain->state, account.key.bytes, 32, &value)) panic("an account is not there");
  if (rlp_list(value, items, 4) != 4) panic("an account has a wrong number of elements");
  account.nonce = rlp_number(items[NONCE]);
  account.balance = rlp_number(items[BALANCE]);
  memcpy(&account.storage, items[STORAGE_ROOT].payload.data, 32);
  memcpy(&account.code, items[CODE_HASH].payload.data, 32);
  return account;
}

static void store_account(struct chain *chain, const struct account *account) {
  struct writer writer;
  writer_start(&writer);
  writer_number(&writer, account->nonce);
  writer_number(&writer, account->balance);
  writer_string(&writer, account->storage.bytes, 32);
  writer_string(&writer, account->code.bytes, 32);
  trie_replace(&chain->state, account->key.bytes, 32, writer_finish(&writer));
  writer_free(&writer);
}

/* [sender, receiver, value, argument]: moves the value, and runs the receiver's code. */
static void execute(struct chain *chain, struct item transaction) {
  struct item items[4];
  if (rlp_list(transaction.whole, items, 4) != 4 || items[0].payload.count != 20 ||
      items[1].payload.count != 20)
    panic("a transaction has a wrong form");
  u64 value = rlp_number(items[2]);
  struct account sender = load_account(chain, items[0].payload.data);
  sender.nonce++;
  if (sender.balance >= value) sender.balance -= value;
  else value = 0;
  store_account(chain, &sender);
  struct account receiver = load_account(chain, items[1].payload.data);
  receiver.balance += value;
  static const struct hash none;
  if (memcmp(&receiver.code, &none, 32)) {
    struct bytes code = keccak_preimage(&receiver.code, "l2-code");
    receiver.storage = contract_run(code, rlp_number(items[3]));
  }
  store_account(chain, &receiver);
}

/* The transactions of an L1 block are batches: [number of the L2 block, [transaction, ...]]. */
static void execute_batch(struct chain *chain, struct bytes batch) {
  enum { LIMIT = 64 };
  struct item items[2], transactions[LIMIT];
  if (rlp_list(batch, items, 2) != 2) panic("a batch has a wrong form");
  u64 number = header_number(&chain->head, NUMBER) + 1;
  /* Of another block, or none that is asked for: left out, as derivation drops batches. */
  if (rlp_number(items[0]) != number || number > chain->boot.claimed_block_number) return;
  int count = rlp_list(items[1].whole, transactions, LIMIT);
  for (int i = 0; i < count; i++) execute(chain, transactions[i]);

  struct writer writer;
  writer_start(&writer);
  for (int i = 0; i < FIELDS; i++) {
    if (i == PARENT) writer_string(&writer, chain->head_hash.bytes, 32);
    else if (i == STATE_ROOT) writer_string(&writer, chain->state.root.bytes, 32);
    else if (i == NUMBER) writer_number(&writer, number);
    else if (i == TIMESTAMP)
      writer_number(&writer, header_number(&chain->head, TIMESTAMP) + chain->boot.block_time);
    else writer_raw(&writer, chain->head.items[i].whole);
  }
  struct bytes encoded = writer_finish(&writer);
  keccak256(&chain->head_hash, encoded.data, encoded.count);
  chain->head.encoded = *map_put(&chain->state.made, &chain->head_hash, encoded.data, encoded.count);
  rlp_list(chain->head.encoded, chain->head.items, FIELDS);
  writer_free(&writer);
}

/* Executes the batches of an L1 block, after those of the blocks before it. */
static void derive(struct chain *chain, const struct hash *l1_block) {
  struct header header = read_header(l1_block, "l1-block-header");
  if (header_number(&header, NUMBER) <= chain->boot.genesis_l1_number) return;
  struct hash parent = header_hash(&header, PARENT);
  derive(chain, &parent);
  hint("l1-transactions", l1_block->bytes, 32);
  struct trie transactions = {.root = header_hash(&header, TRANSACTIONS_ROOT)};
  for (u64 index = 0;; index++) {
    u8 key = (u8)(index ? index : 0x80);
    struct bytes batch;
    if (index >= 0x80 || !trie_find(&transactions, &key, 1, &batch)) break;
    execute_batch(chain, batch);
  }
}

/* The root of what the chain has come to: hash of version, state, storage and block. */
static struct hash output_root(const struct chain *chain) {
  u8 output[128] = {0};
  struct hash root;
  memcpy(output + 32, &chain->state.root, 32);
  memcpy(output + 64, &chain->storage_root, 32);
  memcpy(output + 96, &chain->head_hash, 32);
  keccak256(&root, output, sizeof output);
  return root;
}

static void start(struct chain *chain) {
  struct hash state;
  hint("starting-l2-output", chain->boot.agreed_output_root.bytes, 32);
  struct bytes output = keccak_preimage(&chain->boot.agreed_output_root, 0);
  if (output.count != 128) panic("the agreed output is not 128 bytes long");
  memcpy(&state, output.data + 32, 32);
  memcpy(&chain->storage_root, output.data + 64, 32);
  memcpy(&chain->head_hash, output.data + 96, 32);
  chain->head = read_header(&chain->head_hash, "l2-block-header");
  trie_clear(&chain->state, &state);
  chain->state.hint_name = "l2-state-node";
  struct hash stated = header_hash(&chain->head, STATE_ROOT);
  if (memcmp(&stated, &state, 32)) panic("the agreed output has another state than its block");
}

/* An L1 header commits to a blob's SHA-256 in its extra data, and the blob is not looked into. */
static void check_blob(const struct chain *chain) {
  struct header header = read_header(&chain->boot.l1_head, "l1-block-header");
  struct bytes extra = header.items[12].payload;
  struct hash hash;
  if (extra.count != 32) return;
  memcpy(&hash, extra.data, 32);
  hint("l1-blob", hash.bytes, 32);
  struct bytes blob = sha256_preimage(&hash);
  print(FD_OUT, "blob of ");
  print_number(FD_OUT, blob.count);
  print(FD_OUT, " bytes\n");
}

int guest_main(void) {
  heap_start();
  struct chain chain = {.boot = boot_load()};
  struct hash root = {{0}};
  start(&chain);
  if (chain.boot.claimed_block_number < header_number(&chain.head, NUMBER)) {
    print(FD_ERR, "Program encountered fatal error: the claimed block is before the agreed one\n");
    return EXIT_INVALID;
  }
  check_blob(&chain);
  for (u64 round = 0; round < chain.boot.rounds; round++) {
    start(&chain);
    derive(&chain, &chain.boot.l1_head);
    struct hash now = output_root(&chain);
    if (round > 0 && memcmp(&now, &root, 32)) panic("the same blocks have another result");
    root = now;
  }
  print(FD_OUT, "block ");
  print_number(FD_OUT, header_number(&chain.head, NUMBER));
  print(FD_OUT, " output root ");
  print_hex(FD_OUT, root.bytes, 32);
  print(FD_OUT, ", ");
  print_number(FD_OUT, heap_in_use());
  print(FD_OUT, " bytes in use\n");
  if (header_number(&chain.head, NUMBER) != chain.boot.claimed_block_number ||
      memcmp(&root, &chain.boot.claimed_output_root, 32)) {
    print(FD_ERR, "Program encountered fatal error: InvalidClaim\n");
    return EXIT_INVALID;
  }
  return EXIT_VALID;
}
