/// A part of a name of C++. Others are named by their index, so that parts can be shared.
enum ItaniumNode {
  typealias Index = Int

  case text(String)
  /// `outer::name`
  case nested(Index, Index)
  /// `name<arguments>`
  case template(Index, [Index])
  /// What replaces the parameters of a template, one after the other.
  case pack([Index])
  /// A pattern for each element of the pack in it.
  case expansion(Index)
  /// `*`, `&` or `&&` behind a type.
  case pointer(Index, String)
  /// `const` and the like behind a type.
  case qualified(Index, String)
  case memberPointer(Index, Index)
  /// A type of function: what it returns, its parameters, and what stands behind them.
  case function(Index, [Index], String)
  case array(Index, String)
  /// A function's name with its parameters; with what it returns if it is an instance of a template.
  case encoding(name: Index, result: Index?, parameters: [Index], suffix: String)
  /// `function::entity`
  case local(Index, Index)
  /// Text before a part: `vtable for `, `operator `, `~`.
  case prefixed(String, Index)
  /// Text behind a part.
  case suffixed(Index, String)
  /// `{lambda(int)#1}`
  case lambda([Index], Int)
}
