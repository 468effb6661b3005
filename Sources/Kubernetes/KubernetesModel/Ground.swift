// Every object is JSON and has times: whoever imports the model has both, as before they stood in modules of their own.
@_exported public import JSON
@_exported public import Values
