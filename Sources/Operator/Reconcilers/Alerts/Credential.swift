/// A secret text that does not describe itself: it reaches a server and nothing else.
package struct Credential: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
  let text: String

  package init(_ text: String) { self.text = text }

  package var description: String { "(hidden)" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
