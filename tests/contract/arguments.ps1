# exit: 0
# args: ["first one", "-Name", "two words", "-Quoted:it's \"so\"", "-Count", "3", "-On", "-Off:$false", "-Text", "", "-Unicode", "héllo ✓ 日本", "rest", "$HOME;`x"]
# stdout: first=[first one]
# stdout: name=[two words]
# stdout: quoted=[it's "so"]
# stdout: count=[3 Int32]
# stdout: on=[True] off=[False]
# stdout: text=[0]
# stdout: unicode=[héllo ✓ 日本]
# stdout: others=[rest|$HOME;`x]
# Arguments arrive as they are: nothing is evaluated, split or unquoted again.
param(
    [Parameter(Position = 0)] $First,
    [string] $Name, [string] $Quoted, [int] $Count, [switch] $On, [switch] $Off = $true, [string] $Text = 'default', [string] $Unicode,
    [Parameter(ValueFromRemainingArguments)] $Others
)
"first=[$First]"
"name=[$Name]"
"quoted=[$Quoted]"
"count=[$Count $($Count.GetType().Name)]"
"on=[$On] off=[$Off]"
"text=[$($Text.Length)]"
"unicode=[$Unicode]"
"others=[$($Others -join '|')]"
