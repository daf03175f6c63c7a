// The program's entry. It is C because Swift reads the command line from /proc, which may be
// missing, and repairs what is not UTF-8 in it.
#include <stdint.h>

// Sources/FalconetCommands/Entry/EntryPoint.swift.
int32_t falconet_tool_main(int32_t count, char **arguments);

int main(int count, char **arguments) { return falconet_tool_main(count, arguments); }
